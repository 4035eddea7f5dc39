"""Why survey refuses to change a follow-up plan."""

from services.survey.rules.plan_states import (
    PLAN_STATE_NAMES,
    PlanAction,
    PlanState,
    legal_plan_actions,
)
from shared.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed


class PlanNotFound(NotFound):
    """There is no such plan, or it is of an OPD that is not the caller's."""

    slug = "plan-not-found"
    title = "Rencana tindak lanjut tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's work."""
        super().__init__("Periksa nomor rencana; rencana OPD lain tidak dapat dibuka.")


class PlanActionNotYours(Forbidden):
    """The caller may read the plan but not do this with it."""

    slug = "plan-action-not-yours"
    title = "Tindakan ini bukan wewenang Anda"

    def __init__(self, action: PlanAction) -> None:
        """Name the action and who may."""
        who = (
            "pengelola survei"
            if action is PlanAction.CANCEL
            else "kepala OPD yang memiliki unit ini"
        )
        super().__init__(f"“{action}” hanya dapat dilakukan {who}.")


class PlanActionIllegal(Conflict):
    """The plan's state does not have this action; `legal` names those that it has."""

    slug = "plan-action-illegal"
    title = "Tindakan tidak berlaku pada keadaan rencana sekarang"

    def __init__(self, state: PlanState, action: PlanAction) -> None:
        """Name the present state and what is legal in it."""
        legal = [str(each) for each in legal_plan_actions(state)]
        super().__init__(
            f"Rencana ini {PLAN_STATE_NAMES[state]}, sehingga “{action}” tidak berlaku. "
            f"Yang dapat dilakukan: {', '.join(legal)}.",
            extensions={"state": str(state), "legal": legal},
        )


class PlanChanged(PreconditionFailed):
    """Someone changed the plan since the caller read it."""

    slug = "plan-changed"
    title = "Rencana sudah diubah orang lain"

    def __init__(self, version: int) -> None:
        """Name the present version."""
        super().__init__(
            "Buka kembali rencana ini, lalu ulangi bila masih perlu.",
            headers={"ETag": f'"{version}"'},
            extensions={"version": version},
        )


class PlanIncomplete(Conflict):
    """The plan cannot be completed yet."""

    slug = "plan-incomplete"
    title = "Rencana belum dapat diselesaikan"

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("Tambahkan paling sedikit satu bukti tindak lanjut, lalu selesaikan.")


class PlanFull(Conflict):
    """The plan holds as much evidence as it may."""

    slug = "plan-full"
    title = "Bukti sudah penuh"

    def __init__(self, most: int) -> None:
        """Say how much it may hold."""
        super().__init__(f"Satu rencana memuat paling banyak {most} bukti.")


class PlanDueInThePast(Invalid):
    """The due day lies before today."""

    slug = "plan-due-in-the-past"
    title = "Batas waktu sudah lewat"

    def __init__(self) -> None:
        """Name the field."""
        super().__init__(
            "Pilih tanggal hari ini atau sesudahnya.",
            errors=[{"field": "/due_on", "message": "Batas waktu sudah lewat"}],
        )


class PeriodNotOver(Conflict):
    """Plans are opened for a period that is over; this one is not, or does not exist."""

    slug = "period-not-over"
    title = "Periode belum berakhir"

    def __init__(self) -> None:
        """Say when to come back."""
        super().__init__("Rencana dibuka sesudah periode berakhir. Pilih periode yang sudah lewat.")


class PlanPeriodUnknown(Invalid):
    """The text is no period of this survey."""

    slug = "plan-period-unknown"
    title = "Periode tidak dikenal"

    def __init__(self) -> None:
        """Show the form."""
        super().__init__(
            "Tulis periode seperti 2026-03 (bulan), 2026-Q1, 2026-S1, atau 2026, sesuai profil.",
            errors=[{"field": "/period", "message": "Periode tidak dikenal"}],
        )
