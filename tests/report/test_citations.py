"""BibTeX of a result: every source that ships has a record, a run cites what it used and nothing else."""

import json
import re
from contextlib import suppress
from dataclasses import fields, is_dataclass
from importlib.resources import files
from itertools import product

import pytest

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.core.tables import plain, shipped_names
from feebly.physics.formfactors.r_tables import width_tables
from feebly.physics.models.registry import MODELS
from feebly.physics.production.families import every_preset
from feebly.physics.spectra.library import BEAUTY_SOURCES, LIGHT_SOURCES, load_spectrum, parents_of
from feebly.report.citations import bibtex, citations_of, identifiers, known_references
from feebly.report.html.references import plain_text, reference_list
from feebly.report.run_folder import result_dict
from feebly.statistics.intervals.conventions import CONVENTIONS, SOURCES
from feebly.workflow.choices import shipped_model
from report.synthetic import synthetic_result

DATA = files("feebly").joinpath("data")
NOT_OF_A_RUN = {"validation", "kaon"}  # compared with, and searches that make no run folder


def origins(value):
    """Every origin inside a value."""
    if isinstance(value, Origin):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from origins(getattr(value, field.name))
    elif hasattr(value, "items"):
        for item in value.values():
            yield from origins(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from origins(item)


def shipped_origins():
    for name in shipped_names("analyses"):
        yield from origins(load_analysis(name))
    for name in shipped_names("experiments"):
        yield from origins(load_experiment(name))
    for preset in every_preset():
        yield from origins(preset)
        yield from (channel.numbers[1] for channel in preset.production_channels())
    for source in dict.fromkeys((*LIGHT_SOURCES, *BEAUTY_SOURCES)):
        for parent in parents_of(source):
            spectrum = load_spectrum(parent, source)
            yield from (spectrum.origin, spectrum.multiplicity_origin)


def model_origins():
    """Widths of each model with the tables of each preset, and with each table of R."""
    seen = set()
    for model, preset in product(MODELS, every_preset()):
        with suppress(TypeError, ConfigError):  # a preset of another model
            yield shipped_model(model, preset).width_source[1]
            seen.add(model)
    assert seen == set(MODELS)
    yield from (MODELS["dark-photon"](width_table=table).width_source[1] for table in width_tables())


def data_files(folder=DATA):
    for item in folder.iterdir():
        if item.is_dir() and item.name not in NOT_OF_A_RUN:
            yield from data_files(item)
        elif item.name.endswith((".toml", ".md", ".csv")):
            yield item


def recorded_numbers():
    return {
        ref.fields[name] for ref in known_references() for name in ("eprint", "doi") if name in ref.fields
    }


def unrecorded(texts):
    return {number for text in texts for number in identifiers(text)} - recorded_numbers()


def test_every_origin_that_ships_has_a_record():
    found = [*shipped_origins(), *model_origins()]
    assert len(found) > 300
    named = {number for origin in found for number in identifiers(str(origin))}
    assert {"2502.04241", "2201.01788", "1708.00443", "1809.01876", "hep-ph/0101163"} <= named
    missing = unrecorded(map(str, found))
    assert not missing, f"add records to src/feebly/data/references.bib: {missing}"


def test_every_number_in_a_data_file_has_a_record():
    texts = {item.name: item.read_text(encoding="utf-8") for item in data_files()}
    assert len(texts) > 10
    missing = {name: unrecorded([text]) for name, text in texts.items() if unrecorded([text])}
    assert not missing, f"add records to src/feebly/data/references.bib: {missing}"


def test_every_convention_has_a_source_with_a_record():
    assert set(SOURCES) == set(CONVENTIONS)
    assert not unrecorded(SOURCES.values())
    content = content_of()
    for convention in CONVENTIONS:
        content["setting"]["convention"] = convention
        assert any(f"convention {convention}" in each.used_for for each in citations_of(content))


def test_named_sources_are_found():
    """Sources that origins name in words."""
    words = {
        "remembered from JINST 12 (2017) P05025, not re-read": {"NA62:1703.08501"},
        "sigma_pp: COMPETE fit of the PDG": {"PDG:2024"},
        "NA27 (Z. Phys. C 50 (1991) 405: 3.87 +- 0.12)": {"NA27:1991"},
        "Pythia 8 (pythia8mc 8.317.2), 4e+06 events, seed 4001": {"Bierlich:2203.11601"},
        "1512.03069, Budnev et al. 1975": {"Doebrich:1512.03069", "Budnev:1975"},
        "1904.02091; Helm form factor": {"Doebrich:1904.02091", "Helm:1956"},
        "loop of 1809.01876; f_Bs of FLAG": {"Winkler:1809.01876", "FLAG:2111.09849"},
        "octagon: ALPINIST (public code)": {"Jerhot:2201.05170"},
        "flagged by ALPINISTS": set(),
        "105 < z < 180 m, 240.406-241.495 m, 12566 GeV": set(),
    }
    for text, keys in words.items():
        assert keys_of(text) - keys_of("nothing") == keys, text


# --- the records --------------------------------------------------------------------------------------


def test_the_file_is_read_whole():
    text = DATA.joinpath("references.bib").read_text(encoding="utf-8")
    assert len(known_references()) == len(re.findall(r"^@", text, flags=re.MULTILINE)) > 50
    kept = sum(len(ref.fields) for ref in known_references())
    assert kept == len(re.findall(r"^  \w+ = ", text, flags=re.MULTILINE))


@pytest.mark.parametrize("record", known_references(), ids=lambda record: record.key)
def test_record(record):
    known = {
        "author", "collaboration", "title", "journal", "booktitle", "volume", "pages", "year", "eprint",
        "archiveprefix", "doi", "named",
    }  # fmt: skip
    assert set(record.fields) <= known
    assert record.kind in ("article", "misc", "inproceedings")
    for value in record.fields.values():
        assert value
        assert value.count("{") == value.count("}")
    assert ("eprint" in record.fields) == ("archiveprefix" in record.fields)
    if "eprint" in record.fields:
        assert identifiers(record.fields["eprint"]) == (record.fields["eprint"],)
        assert record.key.endswith(record.fields["eprint"].replace("/", "-"))
    if "doi" in record.fields:
        assert identifiers(f"doi:{record.fields['doi']}.") == (record.fields["doi"],)
    if "year" in record.fields:
        assert 1930 <= int(record.fields["year"]) <= 2026
    assert not re.search(r"[\\{}$^]", reference_list([record])[0].title), (
        "a command that the page cannot show"
    )


def test_keys_and_numbers_are_unique():
    for values in (
        [ref.key for ref in known_references()],
        [ref.fields[name] for ref in known_references() for name in ("eprint", "doi") if name in ref.fields],
    ):
        assert len(values) == len(set(values))


def doi_of(journal, volume, pages, year):
    """DOI that the publisher builds from volume and page; None where it is not built so."""
    series = {"Phys. Rev. D": "PhysRevD", "Phys. Rev. Lett.": "PhysRevLett", "Phys. Rev.": "PhysRev"}
    if journal == "JHEP":
        return f"10.1007/JHEP{volume}({year}){pages}"
    return f"10.1103/{series[journal]}.{volume}.{pages}" if journal in series else None


def test_dois_agree_with_volume_and_page():
    checked = 0
    for record in known_references():
        where = [record.fields.get(name) for name in ("journal", "volume", "pages", "year")]
        if "doi" in record.fields and doi_of(*where):
            assert record.fields["doi"] == doi_of(*where), record.key
            checked += 1
    assert checked > 20


def test_years_of_arxiv_numbers_are_not_after_the_publication():
    for record in known_references():
        number = re.match(r"(\d\d)\d\d\.", record.fields.get("eprint", ""))
        if number and "year" in record.fields:
            assert 0 <= int(record.fields["year"]) - (2000 + int(number[1])) <= 2, record.key


# --- what a result cites ------------------------------------------------------------------------------


def content_of(**result):
    software = {
        "feebly": "0.1",
        "libraries": dict.fromkeys(("numpy", "scipy", "numba", "matplotlib", "h5py"), "9.8"),
    }
    return plain(result_dict(synthetic_result(**result))) | {"provenance": software}


def with_source(text):
    content = content_of()
    origin = {"kind": "assumed", "source": text, "calibrated_on": None}
    content["inputs"] = [{"name": "mine", "value": "1", "origin": origin, "sha256": None}]
    return content


def keys_of(text):
    return {each.key for each in citations_of(with_source(text))}


SOFTWARE = {"feebly", "numpy", "scipy", "numba", "matplotlib", "Salmon:2011"}


def test_a_result_cites_what_its_inputs_name_and_nothing_else():
    """Inputs of the synthetic result: a number of nowhere, and one calibrated on 2502.04241."""
    found = {each.key: each for each in citations_of(content_of())}
    assert set(found) == {"NA62:2502.04241", "Read:2002", *SOFTWARE}
    assert found["NA62:2502.04241"].used_for == ("meson weight",)
    assert found["Read:2002"].used_for == ("convention cls-counting",)
    assert found["scipy"].fields["note"] == "version 9.8"
    assert found["feebly"].fields["note"] == "version 0.1"


def test_the_convention_and_an_asymmetric_background_are_cited():
    content = content_of()
    content["setting"]["convention"] = "feldman-cousins"
    content["counting"]["ee"]["background"]["posterior"] = "Interval"
    keys = {each.key for each in citations_of(content)}
    assert {"Feldman:physics-9711021", "Conrad:hep-ex-0202013", "Barlow:physics-0306138"} <= keys
    assert "Read:2002" not in keys


def test_a_paper_without_a_record_is_cited_by_its_number_alone():
    found = {
        each.key: each for each in citations_of(with_source("mine, arXiv:1801.04847v2, doi:10.1000/x(1)."))
    }
    assert found["arXiv:1801.04847"].fields == {
        "eprint": "1801.04847", "archiveprefix": "arXiv", "url": "https://arxiv.org/abs/1801.04847",
    }  # fmt: skip
    assert found["doi:10.1000/x(1)"].fields == {"doi": "10.1000/x(1)", "url": "https://doi.org/10.1000/x(1)"}
    assert found["doi:10.1000/x(1)"].link == "https://doi.org/10.1000/x(1)"


def test_a_doi_in_brackets():
    assert identifiers("(10.1088/0954-3899/28/10/313)") == ("10.1088/0954-3899/28/10/313",)
    assert identifiers("see 10.1007/JHEP07(2022)094, and") == ("10.1007/JHEP07(2022)094",)


def test_bibtex_says_what_each_record_was_used_for():
    text = bibtex(citations_of(content_of()))
    entries = text.split("\n\n")
    assert len(entries) == 2 + len(SOFTWARE)
    assert entries[0].startswith(
        "% used for: meson weight\n@article{NA62:2502.04241,\n  collaboration = {NA62},\n"
    )
    assert "named = " not in text
    assert text.count("{") == text.count("}")


def test_a_reference_in_words():
    by_key = {record.key: record for record in known_references()}
    keys = ("Jerhot:2201.05170", "NA62:2303.08666", "Czyz:hep-ph-0512180", "Doebrich:1904.02091", "Read:2002")
    alpinist, na62, czyz, beam_dump, read = reference_list(by_key[key] for key in keys)
    assert alpinist.authors == "J. Jerhot et al."
    assert alpinist.where == "JHEP 07 (2022) 094, arXiv:2201.05170"
    assert (na62.authors, na62.title) == (
        "NA62 Collaboration",
        "Search for dark photon decays to μ⁺μ⁻ at NA62",
    )
    assert czyz.authors == "H. Czyż, A. Grzelińska, J. H. Kühn, G. Rodrigo"
    assert beam_dump.authors == "B. Döbrich, J. Jaeckel, T. Spadaro"
    assert read.where == "J. Phys. G 28 (2002) 2693"
    assert plain_text(r"$K^+\to\pi^+\nu\bar\nu$") == "K⁺ → π⁺νν"


def test_refs_of_a_run_folder_are_its_citations(tmp_path):
    from feebly.report.run_folder import write_run

    folder = write_run(synthetic_result(), tmp_path)
    content = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert (folder / "refs.bib").read_text(encoding="utf-8") == bibtex(citations_of(content))
