"""Errors that a caller sees: each is a sentence, and owns its HTTP status and problem type."""

from typing import ClassVar


class Problem(Exception):
    """A refusal that is answered as RFC 9457 problem+json.

    Subclasses set `status`, `slug` (the stable last part of `type`) and `title`. The detail says
    what to do next, in Indonesian where a citizen reads it.
    """

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "Permintaan tidak dapat diproses"

    def __init__(
        self,
        detail: str,
        *,
        errors: list[dict[str, object]] | None = None,
        headers: dict[str, str] | None = None,
        extensions: dict[str, object] | None = None,
    ) -> None:
        """Say what is wrong and what to do next; `errors` names the fields concerned."""
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}
        self.extensions = extensions or {}


class NotFound(Problem):
    """The thing asked for does not exist, or is not the caller's to know of."""

    status = 404
    slug = "not-found"
    title = "Tidak ditemukan"


class Unauthenticated(Problem):
    """The caller has not said, or not proved, who they are."""

    status = 401
    slug = "unauthenticated"
    title = "Masuk terlebih dahulu"


class Forbidden(Problem):
    """The caller is known, and may not do this."""

    status = 403
    slug = "forbidden"
    title = "Tidak berwenang"


class Conflict(Problem):
    """The request collides with the present state."""

    status = 409
    slug = "conflict"
    title = "Bertentangan dengan keadaan sekarang"


class Invalid(Problem):
    """The request is well formed and still cannot be accepted."""

    status = 422
    slug = "invalid"
    title = "Isian belum benar"


class TooSlow(Problem):
    """The request did not arrive within the time that there is for one."""

    status = 408
    slug = "too-slow"
    title = "Kiriman terlalu lambat"


class UnsupportedMedia(Problem):
    """What was sent is of a kind that is not taken."""

    status = 415
    slug = "unsupported-media"
    title = "Jenis kiriman tidak diterima"


class PreconditionFailed(Problem):
    """Someone else changed the object since the caller read it (If-Match)."""

    status = 412
    slug = "precondition-failed"
    title = "Data sudah berubah"


class TooManyRequests(Problem):
    """The caller asks more often than is allowed; `Retry-After` says when to come back."""

    status = 429
    slug = "too-many-requests"
    title = "Terlalu sering"


class Unavailable(Problem):
    """Something that this service stands on is away for a moment; try again."""

    status = 503
    slug = "unavailable"
    title = "Layanan sedang terganggu"


class PermanentError(Exception):
    """An event that will fail however often it is tried; it becomes a dead letter."""
