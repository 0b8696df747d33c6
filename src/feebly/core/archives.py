"""Archives (zip, tar) that others made: read with limits, nothing outside the target; and zips of ours.

An archive says itself where its files go and how large they are. Nothing of it is believed: absolute and
parent paths, links, devices, two files of one name and more bytes than a limit are refused in one line.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import shutil
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from feebly.core.errors import DataError
from feebly.core.tables import write_atomically

MB = 10**6
_NAME_CHARACTERS, _PART_BYTES = 1000, 255
_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError,
    NotImplementedError, UnicodeError, ValueError, OverflowError, IndexError, struct.error,
)  # fmt: skip
"""What the standard library raises for an archive that is none, or is cut off."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Largest archive, number of members, member and sum of members (unpacked), in bytes."""

    archive: int = 500 * MB
    members: int = 5_000
    member: int = 500 * MB
    total: int = 1_000 * MB


DEFAULT_LIMITS = ArchiveLimits()


def read_archive(path: str | Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Content of every file of a zip or tar (plain, gz, bz2, xz) by its name; folders are left out.

    Names are relative, with ``/``, without ``.`` and ``..``. Raises DataError (one line, with the archive and
    the member) for anything else than regular files with such names, for an archive that is damaged,
    encrypted or none, and beyond the limits.
    """
    return dict(_members(Path(path), limits))


def extract_archive(path: str | Path, folder: str | Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> Path:
    """Unpack an archive into a folder, new or empty, and return it; all files or, with DataError, none."""
    path, folder = Path(path), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is there already; expected a new or empty folder to unpack {path} into")
    stage = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for name, content in _members(path, limits):
            target = stage / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        stage.chmod(0o755)  # mkdtemp's are for the owner alone
        stage.replace(folder)
    except OSError as error:
        raise DataError(f"cannot unpack {path} into {folder}: {error.strerror}") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
    return folder


def write_zip(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write a zip with these files in this order, whole or not at all; same files, same bytes."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the earliest a zip can have
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, also on other systems
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    write_atomically(path, memory.getvalue())


# --- members ------------------------------------------------------------------------------------------


def _members(path: Path, limits: ArchiveLimits) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file, checked; one member is in memory at a time."""
    try:
        with open(path, "rb") as handle:
            size = handle.seek(0, io.SEEK_END)
            if size > limits.archive:
                raise DataError(f"{path}: {size / MB:.0f} MB; expected at most {limits.archive / MB:g} MB")
            handle.seek(0)
            read = _reader(path, handle.read(265))
            handle.seek(0)
            yield from read(path, handle, limits)
    except OSError as error:
        # gzip and bz2 raise it without an error number for a stream that is not theirs
        reason = error.strerror or f"damaged ({_one_line(error)})"
        raise DataError(f"{path}: cannot be read: {reason}") from error
    except _DAMAGED as error:
        raise DataError(f"{path}: damaged, or not an archive ({_one_line(error)})") from error


_Reader = Callable[[Path, IO[bytes], ArchiveLimits], Iterator[tuple[str, bytes]]]


def _reader(path: Path, start: bytes) -> _Reader:
    """By the first bytes, not by the name."""
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_members
    opened: dict[bytes, Callable[[IO[bytes]], Any]] = {
        b"\x1f\x8b": lambda handle: gzip.GzipFile(fileobj=handle),
        b"BZh": bz2.BZ2File,
        b"\xfd7zXZ\x00": lzma.LZMAFile,
    }
    for magic, unpacked in opened.items():
        if start.startswith(magic):
            return lambda path, handle, limits: _tar_members(path, unpacked(handle), limits)
    if start[257:262] == b"ustar":
        return _tar_members
    raise DataError(f"{path}: not an archive; expected a zip or tar file")


def _zip_members(path: Path, handle: IO[bytes], limits: ArchiveLimits) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(handle) as archive:
        entries = archive.infolist()
        known = _Names(path, limits)
        names = [known.add(_zip_name(path, entry), entry.is_dir()) for entry in entries]
        for entry, name in zip(entries, names, strict=True):
            _require_plain_entry(path, entry)
            _require_size(path, name, entry.file_size, limits)
        if (total := sum(entry.file_size for entry in entries)) > limits.total:
            raise _too_large(path, "all members", total, limits.total)
        for entry, name in zip(entries, names, strict=True):
            if not entry.is_dir():
                yield name, archive.read(entry)  # no more than the size that it says, by zipfile


def _zip_name(path: Path, entry: zipfile.ZipInfo) -> str:
    """Names without the mark of UTF-8 are UTF-8 all the same, or are refused."""
    name = entry.orig_filename
    if entry.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        raise DataError(f"{path}: the name of member {name!r} is not UTF-8; pack it again") from None


def _require_plain_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise DataError(f"{path}: member {_short(entry.filename)} is encrypted; expected an open archive")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _special(path, entry.filename)


def _tar_members(path: Path, handle: IO[bytes], limits: ArchiveLimits) -> Iterator[tuple[str, bytes]]:
    # headers too count: one may say that it is 10 GB long
    bounded: Any = _Bounded(handle, limits.total + 1024 * limits.members, path)
    known = _Names(path, limits)
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for entry in archive:
            if not (entry.isreg() or entry.isdir()) or entry.issparse():
                raise _special(path, entry.name)
            name = known.add(entry.name, entry.isdir())
            _require_size(path, name, entry.size, limits)
            content = archive.extractfile(entry)
            if content is not None:
                yield name, content.read()


class _Bounded:
    """A stream of which no more than a number of bytes is read."""

    def __init__(self, handle: IO[bytes], limit: int, path: Path) -> None:
        self._handle, self._limit, self._path, self._read = handle, limit, path, 0

    def read(self, size: int) -> bytes:
        content = self._handle.read(size)
        self._read += len(content)
        if self._read > self._limit:
            raise DataError(f"{self._path}: unpacks to more than {self._limit / MB:.0f} MB")
        return content


# --- checks -------------------------------------------------------------------------------------------


class _Names:
    """Names of the members so far: each file once, also where capitals do not count."""

    def __init__(self, path: Path, limits: ArchiveLimits) -> None:
        self._path, self._most, self._count = path, limits.members, 0
        self._files, self._folders = set[str](), set[str]()

    def add(self, name: str, is_folder: bool) -> str:
        """The name as a relative path with ``/``."""
        self._count += 1
        if self._count > self._most:
            raise DataError(f"{self._path}: more than {self._most} members")
        checked = _checked_name(self._path, name)
        same = unicodedata.normalize("NFC", checked).casefold()
        folders = {same[: match.start()] for match in re.finditer("/", same)}
        if is_folder:
            folders.add(same)
        elif same in self._files:
            raise DataError(f"{self._path}: member {_short(name)} is there twice; expected each name once")
        else:
            self._files.add(same)
        self._folders |= folders
        if same in self._folders & self._files or folders & self._files:
            raise DataError(f"{self._path}: member {_short(name)} is a file and a folder")
        return checked


def _checked_name(path: Path, name: str) -> str:
    if re.search(r"[\x00-\x1f\x7f\udc80-\udcff]", name) or len(name) > _NAME_CHARACTERS:
        raise DataError(f"{path}: member {_short(name)}: expected a short name of UTF-8 text")
    parts = [part for part in name.split("/") if part != "."]
    if parts and parts[-1] == "":  # of a folder
        parts.pop()
    if name.startswith("/") or "\\" in name or ".." in parts or re.match("[A-Za-z]:", name):
        raise DataError(f"{path}: member {_short(name)} lies outside the archive; expected a relative path")
    if not all(0 < len(part.encode()) <= _PART_BYTES for part in parts):
        raise DataError(f"{path}: member {_short(name)}: expected names of 1 to {_PART_BYTES} bytes")
    return "/".join(parts)


def _require_size(path: Path, name: str, size: int, limits: ArchiveLimits) -> None:
    if size > limits.member:
        raise _too_large(path, f"member {_short(name)}", size, limits.member)


def _too_large(path: Path, what: str, size: int, limit: int) -> DataError:
    return DataError(f"{path}: {what}: {size / MB:.0f} MB unpacked; expected at most {limit / MB:g} MB")


def _special(path: Path, name: str) -> DataError:
    return DataError(f"{path}: member {_short(name)} is a link or a device; expected plain files and folders")


def _short(name: str) -> str:
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
