"""Tables and files: TOML with the line of every key, canonical JSON with its digest, atomic writing."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.errors import ConfigError, DataError, unknown

if TYPE_CHECKING:
    import h5py

KeyPath = tuple[str | int, ...]


# --- TOML documents that remember where each key was written ------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as nested dicts, with the place (``na62.toml:4``) of every key path.

    A path is the tuple of keys and list positions that leads to a value, e.g. ``("planes", 0, "z_m")``.
    """

    name: str
    data: dict[str, Any]
    places: dict[KeyPath, str]

    def place(self, path: KeyPath = ()) -> str:
        """``file:line`` of the value at ``path``, else of the nearest table around it, else the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path] if path else self.name

    def without(self, *keys: str) -> Document:
        """The same document without some of its top-level keys."""
        return replace(self, data={k: v for k, v in self.data.items() if k not in keys})


def parse_toml(text: str, name: str) -> Document:
    """Read TOML; ``name`` is what error messages call the file. Raises `ConfigError` with file:line."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_message(error, text, name)) from None
    return Document(name, data, {path: f"{name}:{line}" for path, line in _key_lines(text)})


def read_toml(path: str | Path) -> Document:
    """Read a TOML file named by the user. Raises `ConfigError` for a missing or unreadable file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error
    return parse_toml(text, str(path))


def overlay(base: Document, top: Document) -> Document:
    """``top`` laid over ``base``: tables are merged key by key, everything else is replaced whole."""
    data, places = dict(base.data), dict(base.places)
    _merge(data, places, top.data, ())
    return Document(top.name, data, places | top.places)


def shipped_names(folder: str) -> tuple[str, ...]:
    """Names of the TOML files that come with the package under ``data/<folder>``."""
    names = (file.name for file in _shipped_folder(folder).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_document(kind: str, folder: str, name_or_path: str | Path) -> Document:
    """A shipped document by name, or a file by path (anything that ends in ``.toml``).

    A document with ``extends = "name or path"`` is laid over the one it names (a path is relative to the
    file that says it). Raises `ConfigError` for unknown names, unreadable files and circles.
    """
    return _load(kind, folder, name_or_path, Path(), ())


def _load(kind: str, folder: str, source: str | Path, beside: Path, seen: tuple[str, ...]) -> Document:
    is_file = isinstance(source, Path) or source.endswith(".toml")
    identity = str((beside / source).resolve()) if is_file else str(source)
    if identity in seen:
        raise ConfigError(f"{kind} {str(source)!r} extends itself; remove one 'extends'")
    document = read_toml(beside / source) if is_file else _shipped(kind, folder, str(source))
    base = document.data.get("extends")
    if base is None:
        return document
    if not isinstance(base, str):
        raise ConfigError(f"{document.place(('extends',))} extends: expected the name or path of one {kind}")
    folder_of_file = (beside / source).parent if is_file else Path()
    below = _load(kind, folder, base, folder_of_file, (*seen, identity))
    return overlay(below, document.without("extends"))


def _shipped_folder(folder: str) -> Traversable:
    return files("feebly").joinpath("data").joinpath(folder)


def _shipped(kind: str, folder: str, name: str) -> Document:
    names = shipped_names(folder)
    if name not in names:
        raise ConfigError(f"{unknown(kind, name, names)}; or give the path of a .toml file")
    text = _shipped_folder(folder).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return parse_toml(text, f"{name}.toml")


def _merge(data: dict[str, Any], places: dict[KeyPath, str], top: dict[str, Any], path: KeyPath) -> None:
    for key, value in top.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(data.get(key), dict):
            data[key] = dict(data[key])
            _merge(data[key], places, value, here)
            continue
        data[key] = value
        for stale in [p for p in places if p[: len(here)] == here]:
            del places[stale]


def _syntax_message(error: tomllib.TOMLDecodeError, text: str, name: str) -> str:
    at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
    line = int(at[1]) if at else text.count("\n") + 1
    return f"{name}:{line}: not valid TOML: {re.sub(r' [(]at .*[)]$', '', str(error))}"


@lru_cache(maxsize=64)  # the same shipped files are read again and again
def _key_lines(text: str) -> tuple[tuple[KeyPath, int], ...]:
    return tuple(_lines_of_keys(text))


def _lines_of_keys(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Path and line number of every key and list element of a valid TOML text.

    tomllib tells no positions. A header or ``key = value`` is itself a valid document, so the text is cut
    into the shortest runs of lines that parse alone.
    """
    section: KeyPath = ()
    array_length: dict[KeyPath, int] = {}
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        stop, statement = _shortest_statement(lines, start)
        if lines[start].lstrip().startswith("["):
            section = _header_path(statement, array_length)
            yield section, start + 1
        else:
            yield from ((path, start + 1) for path in _paths_below(statement, section))
        start = stop


def _shortest_statement(lines: list[str], start: int) -> tuple[int, dict[str, Any]]:
    for stop in range(start + 1, len(lines) + 1):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            return stop, tomllib.loads("\n".join(lines[start:stop]))
    return len(lines), {}


def _header_path(header: dict[str, Any], array_length: dict[KeyPath, int]) -> KeyPath:
    """Path of ``[a.b]`` or ``[[a.b]]``; a name that is an array of tables means its latest element."""
    path: KeyPath = ()
    node: Any = header
    while isinstance(node, dict) and node:
        ((key, node),) = node.items()
        path = (*path, key)
        if isinstance(node, list):
            array_length[path] = array_length.get(path, 0) + 1
        if path in array_length:
            path = (*path, array_length[path] - 1)
    return path


def _paths_below(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from _paths_below(child, (*path, key))


# --- canonical JSON and digests -----------------------------------------------------------------------


def plain(value: Any) -> Any:
    """Dataclasses, named tuples, mappings, sequences and NumPy values as dicts, lists and scalars."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("canonical JSON has text keys only")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return value


def canonical_json(obj: Any) -> str:
    """One text for one content: sorted keys, no spaces, shortest exact floats; NaN and inf are refused."""
    return json.dumps(plain(obj), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(obj: Any) -> str:
    """SHA-256 (64 hexadecimal digits) of the canonical JSON of ``obj``."""
    return hashlib.sha256(canonical_json(obj).encode("ascii")).hexdigest()


# --- atomic writing -----------------------------------------------------------------------------------


def write_atomically(path: str | Path, content: bytes | str | Callable[[Path], object]) -> None:
    """Write a file whole or not at all: a reader sees the old file or the new one, never a half.

    ``content`` is the bytes, the text (UTF-8), or a function that writes to the path it is given (a
    temporary file in the same folder with the same suffix; for HDF5 take `write_hdf5`). Raises `DataError`
    (one line) when the disk is full, the folder is missing or not writable; the temporary file is removed
    on every failure.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(6)}{path.suffix}")
    try:
        _write(temporary, content)
        _flush_to_disk(temporary)
        os.replace(temporary, path)
        _flush_folder(path.parent)
    except OSError as error:
        # the system's own words: a library may have put a page of its own into the error
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        raise DataError(f"cannot write {path}: {reason}; no partial file was left") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_hdf5(path: str | Path, fill: Callable[[h5py.File], object]) -> None:
    """Write an HDF5 file whole or not at all: ``fill`` puts groups and datasets into an open `h5py.File`.

    The file is built in memory: libhdf5 ends the interpreter with a segmentation fault when the disk fills
    up under an open file. Raises `DataError` as `write_atomically`.
    """
    write_atomically(path, hdf5_bytes(fill))


def hdf5_bytes(fill: Callable[[h5py.File], object]) -> bytes:
    """Content of the HDF5 file into which ``fill`` puts groups and datasets; same content, same bytes."""
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        fill(file)
    return memory.getvalue()


def _write(path: Path, content: bytes | str | Callable[[Path], object]) -> None:
    if callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def _flush_to_disk(path: Path) -> None:
    with open(path, "rb+") as handle:
        os.fsync(handle.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the file system can (not on Windows, some NFS)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
