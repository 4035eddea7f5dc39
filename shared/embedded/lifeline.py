"""Children end when their parent does, even when the parent is killed with SIGKILL.

A tiny shell waits on a pipe whose only writing end is here. When this process dies, however it
dies, the pipe closes and the shell ends what it was told to guard.
"""

import signal
import subprocess
import threading

# prctl(PR_SET_PDEATHSIG) was not chosen: it fires when the *thread* that forked ends, does not
# reach grandchildren, and exists on Linux only.
_GUARD = """
trap '' HUP INT TERM QUIT
guarded=' '
while read -r verb sign target; do
  rest=' '
  for entry in $guarded; do
    [ "${entry#*:}" = "$target" ] || rest="$rest$entry "
  done
  guarded=$rest
  if [ "$verb" = add ]; then guarded="$guarded$sign:$target "; fi
done
[ "$guarded" = ' ' ] && exit 0
for entry in $guarded; do kill -s "${entry%%:*}" -- "${entry#*:}" 2>/dev/null; done
tries=0
while [ $tries -lt GRACE ]; do
  alive=
  for entry in $guarded; do kill -s 0 -- "${entry#*:}" 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || exit 0
  tries=$((tries + 1))
  sleep 0.1
done
for entry in $guarded; do kill -s KILL -- "${entry#*:}" 2>/dev/null; done
"""


class Lifeline:
    """Guards processes, or whole process groups given as negative numbers.

    When this process ends without `close()`, each guarded target gets its signal, and SIGKILL
    after `grace_seconds`. Thread safe.
    """

    def __init__(self, grace_seconds: float = 10.0) -> None:
        self._script = _GUARD.replace("GRACE", str(max(1, round(grace_seconds * 10))))
        self._shell: subprocess.Popen[bytes] | None = None
        self._targets: dict[int, str] = {}
        self._lock = threading.Lock()

    def guard(self, target: int, sign: signal.Signals = signal.SIGTERM) -> None:
        """From now on `target` (a pid, or minus a group id) does not outlive this process."""
        with self._lock:
            self._targets[target] = sign.name.removeprefix("SIG")
            self._tell(f"add {self._targets[target]} {target}")

    def release(self, target: int) -> None:
        """Forget `target`, because it ended or may live on."""
        with self._lock:
            if self._targets.pop(target, None) is not None:
                self._tell(f"del - {target}")

    def close(self) -> None:
        """Forget every target and end the guard."""
        with self._lock:
            self._targets.clear()
            shell, self._shell = self._shell, None
            if shell is not None:
                shell.kill()
                shell.communicate()

    def _tell(self, line: str) -> None:
        if self._shell is None or self._shell.poll() is not None:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", self._script],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                # Out of the terminal's group, so that Ctrl-C does not end the guard first.
                start_new_session=True,
                bufsize=0,
            )
            line = "\n".join(f"add {sign} {target}" for target, sign in self._targets.items())
        if self._shell.stdin is not None:
            self._shell.stdin.write(f"{line}\n".encode())
