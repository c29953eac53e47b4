"""The pool that starts Python workers on a node of a cluster: `python -m pipelines.pool`.

It is Beam's own service, but here it can be reached from its node alone, and its workers have the
Python that it has. Beam's program listens to the whole network, and whoever reaches that can start
processes.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

# Where builds look for it unless told otherwise.
PORT = 50000
# Beam's workers ask whether the pool lives more often than gRPC takes for polite. Two pools at one
# port would be no fault without the last.
_PATIENCE = (
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.so_reuseport", 0),
)


class _Pool(BeamFnExternalWorkerPoolServicer):
    """Beam's pool, which can end its workers."""

    def end(self) -> None:
        """Ends them; they hold nothing that is not written yet."""
        for process in self._worker_processes.values():
            process.kill()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal ends it."""
    parser = argparse.ArgumentParser(prog="pipelines.pool", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--host", default="127.0.0.1", help="default: this node alone")
    given = parser.parse_args(arguments)
    # Beam starts `python`, whichever that is.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    pool, server = (
        _Pool(use_process=True),
        grpc.server(shared_unbounded_instance(), None, None, _PATIENCE),
    )
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    try:
        server.add_insecure_port(f"{given.host}:{given.port}")
    except RuntimeError as error:
        print(f"pool: cannot listen at {given.host}:{given.port}: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _leave)
    server.start()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        return 0
    finally:
        pool.end()
        server.stop(None)
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
