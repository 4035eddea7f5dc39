"""How files are taken in and kept, from variables that begin with `TANGGAP_MEDIA_`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.media.files import Limits
from shared.media.scanning import Scanner
from shared.media.workshop import Workshop

_LIMITS = Limits()


class MediaSettings(BaseSettings):
    """Limits of single files, what opening one may cost, and where they are kept."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_MEDIA_", extra="ignore")

    folder: Path | None = Field(
        None,
        description=(
            "Folder in which files are kept, sealed; all replicas must see the same. "
            "Unset: `files` below the home."
        ),
    )
    most_bytes: int = Field(
        _LIMITS.most_bytes, ge=1024, le=100 * 1024**2, description="Bytes of a file, at most."
    )
    # Above this, Pillow itself refuses.
    most_pixels: int = Field(
        _LIMITS.most_pixels, ge=1, le=89_000_000, description="Pixels of an image, at most."
    )
    most_seconds: int = Field(
        _LIMITS.most_seconds, ge=1, le=3600, description="Seconds of a recording, at most."
    )
    longest_edge: int = Field(
        _LIMITS.longest_edge,
        ge=320,
        le=10_000,
        description="Pixels of the longer side to which larger images are scaled.",
    )
    workers: int = Field(2, ge=1, le=32, description="Files that are opened at one time.")
    working_seconds: int = Field(
        20, ge=1, le=300, description="Seconds that opening a file may take, at most."
    )
    working_megabytes: int = Field(
        1024,
        ge=256,
        le=16_384,
        description="Megabytes of address space in which a file is opened, at most.",
    )
    clamd: str | None = Field(
        None,
        pattern=r"^.+:[0-9]+$",
        description=(
            "ClamAV's daemon as `host:port`. Set: each file is scanned, and none is taken while "
            "the daemon is away. Its StreamMaxLength must be at least the bytes of a file."
        ),
    )

    def open_workshop(self, zone: str) -> Workshop:
        """Make what cleans files; `zone` is where a camera without one is taken to be."""
        limits = Limits(
            self.most_bytes, self.most_pixels, self.most_seconds, self.longest_edge, zone
        )
        return Workshop(
            limits,
            scanner=Scanner(self.clamd) if self.clamd else None,
            workers=self.workers,
            seconds=self.working_seconds,
            megabytes=self.working_megabytes,
        )
