"""What libp2p 0.8.1 lacks where it looks whether connections live: each look is a stream of its own.

A part of `hardening`, with a row in `features/p2p/hardening.feature`.
"""

import struct

import trio

from marketplace.p2p.library import ConnectionHealthMonitor, ConnectionPingResult, INetConn, Yamux, yamux


def ping_well() -> None:
    """Put the mend in place."""
    ConnectionHealthMonitor._ping_connection = ping
    Yamux._measure_rtt_loop = _measure_nothing


async def ping(monitor: ConnectionHealthMonitor, conn: INetConn) -> ConnectionPingResult:
    """Ping by the muxer, whose frames every implementation answers (Yamux specification).

    The library opens a stream, agrees upon a protocol and closes it: thirty nodes that know each other spent two
    processors on that.
    """
    muxer, begin = conn.muxed_conn, trio.current_time()
    with trio.move_on_after(monitor.config.ping_timeout):
        try:
            await _pong(muxer)
        except Exception:  # noqa: BLE001 - the connection has ended, which is what was asked for
            return ConnectionPingResult(success=False)
        return ConnectionPingResult(success=True, rtt_ms=(trio.current_time() - begin) * 1000, protocol_supported=True)
    return ConnectionPingResult(success=False)


async def _pong(muxer: Yamux) -> None:
    """Send a ping, and wait for the answer, of which the muxer takes note by its event."""
    answered = muxer._ping_event = trio.Event()
    muxer._ping_id += 1
    header = struct.pack(yamux.YAMUX_HEADER_FORMAT, 0, yamux.TYPE_PING, yamux.FLAG_SYN, 0, muxer._ping_id)
    await muxer._write_frame(header)
    muxer._ping_sent_time = trio.current_time()
    await answered.wait()


async def _measure_nothing(_muxer: Yamux) -> None:
    """Leave the muxer's round trip to the pings above: there is one event for the answers to all."""
