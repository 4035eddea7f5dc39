"""Reads forms of the type multipart/form-data (RFC 7578) whose body is in memory already.

A file's declared name and type are not even looked at: both are whatever a sender likes.
"""

from email.message import Message
from email.parser import HeaderParser
from typing import Final

from shared.errors import Problem

_MEDIA_TYPE: Final = "multipart/form-data"
_MOST_PARTS: Final = 16
_LONGEST_HEADERS: Final = 4096
#: RFC 2046, 5.1.1.
_LONGEST_BOUNDARY: Final = 70


class FormUnreadable(Problem):
    """The body is no such form."""

    slug = "form-unreadable"
    title = "Formulir tidak dapat dibaca"


def read_form(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the form's values by name; raises FormUnreadable."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary("")
    if header.get_content_type() != _MEDIA_TYPE or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise FormUnreadable(f"Kirim sebagai {_MEDIA_TYPE}.")
    delimiter = b"\r\n--" + boundary.encode("ascii", "replace")
    # The first delimiter begins the body; what stands before it is a preamble, and passed over.
    _, *parts = (b"\r\n" + body).split(delimiter, _MOST_PARTS + 1)
    if not parts or not parts[-1].startswith(b"--"):
        raise FormUnreadable("Isi formulir tidak lengkap.")
    form: dict[str, bytes] = {}
    for part in parts[:-1]:
        name, value = _read_part(part)
        if name in form:
            raise FormUnreadable("Setiap isian hanya boleh satu kali.")
        form[name] = value
    return form


def _read_part(part: bytes) -> tuple[str, bytes]:
    padding, _, rest = part.partition(b"\r\n")
    headers, separator, value = rest.partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not separator or len(headers) > _LONGEST_HEADERS:
        raise FormUnreadable("Isi formulir rusak.")
    header = HeaderParser().parsestr(headers.decode("utf-8", "replace"))
    name = header.get_param("name", header="content-disposition")
    if header.get_content_disposition() != "form-data" or not isinstance(name, str) or not name:
        raise FormUnreadable("Setiap isian perlu nama.")
    return name, value
