"""``--check``: the schema of HEPData by its own validator, then our lint."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from feebly.core.errors import ConfigError
from feebly.publish.hepdata.lint import Finding, lint
from feebly.publish.hepdata.record_reader import read_record

SCHEMA = "1.1.1"


def check_record(files: dict[str, bytes], name: str) -> tuple[Finding, ...]:
    """Findings of the validator (rule ``schema``) and of `lint` about the files of a record.

    Nothing is downloaded: the schemas come with the validator. ConfigError where it is not installed.
    """
    validator = _validator()
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            Path(folder, file).write_bytes(content)
        validator.validate(directory=folder)
        messages = [
            Finding("schema", Path(file).name, " ".join(message.message.split()))
            for file, found in validator.get_messages().items()
            for message in found
        ]
        return (*messages, *lint(read_record(folder)))


def _validator() -> Any:
    try:
        module = import_module("hepdata_validator.full_submission_validator")
    except ImportError:
        raise ConfigError(
            "--check needs hepdata-validator, which is not installed: pip install 'feebly[publish]'"
        ) from None
    return module.FullSubmissionValidator(schema_version=SCHEMA, autoload_remote_schemas=False)
