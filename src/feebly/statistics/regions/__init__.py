"""Several regions as one model: enumeration of their counts, joint limits and p-values, combination."""
