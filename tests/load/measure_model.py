"""Measures a trained model: how long learning takes, how large it is, how fast it places texts."""

from typing import Final

from tests.load.figures import Figure
from tests.load.plan import Plan, Side, by_count
from tests.load.rig import Rig, Worker
from tests.support.servers import PROFILE

LESSONS: Final = 10_000
CLASSIFY_GOAL: Final = 2_000.0
_QUICK_SHARE: Final = 10
_TRAINING_SECONDS: Final = 600
_LARGEST: Final = 1_000_000


async def measure_model(rig: Rig, plan: Plan) -> list[Figure]:
    """Train on two cores, then place texts on one, in a process that only loads the model."""
    lessons = LESSONS if plan.seconds >= Plan().seconds else LESSONS // _QUICK_SHARE
    config = {"profile": str(PROFILE), "file": str(rig.root / "model.npz")}
    every = rig.cores.server | rig.cores.others
    trainer = await Worker.start(rig, "model", config, every)
    try:
        trained = await trainer.ask("train", patience_seconds=_TRAINING_SECONDS, count=lessons)
    finally:
        await trainer.stop()
    plan.say(f"model: learned in {trained['seconds']:.1f} s, {trained['bytes'] / 1e6:.1f} MB")
    worker = await Worker.start(rig, "model", config)
    try:
        loaded = await worker.ask("load", digest=trained["digest"], pid=worker.pid)
        side = Side(by_count(lambda count: worker.ask("classify", count=count), 500, _LARGEST))
        await side.run(plan.warm_up_seconds)
        for number in range(1, plan.rounds + 1):
            rate = await side.measure(plan.seconds)
            plan.say(f"model {number}/{plan.rounds}: {rate:,.0f}/s")
    finally:
        await worker.stop()
    return [
        Figure(
            "model_classify",
            "classify with a model",
            "texts/s",
            tuple(side.rates),
            goal=CLASSIFY_GOAL,
            note=f"rules and model on one core; {side.processor_median:.0f} µs of processor each",
        ),
        Figure(
            "model_training",
            "training of a model",
            "s",
            (float(trained["seconds"]),),
            goal=120,
            better="less",
            note=f"{lessons:,} invented complaints on all cores, measured and trained again",
        ),
        Figure(
            "model_size",
            "model as it is kept",
            "MB",
            (trained["bytes"] / 1e6,),
            goal=50,
            better="less",
        ),
        Figure(
            "model_memory",
            "memory that a model adds",
            "MB",
            (float(loaded["megabytes"]),),
            goal=120,
            better="less",
            note=f"with NumPy, after 500 texts; loaded in {loaded['seconds']:.1f} s",
        ),
    ]
