"""Playlists as extended M3U, which every player reads. Knows tracks, and where each can be heard if anybody said so."""

from collections.abc import Sequence

from segue.generator.track import Track


def m3u(tracks: Sequence[Track]) -> tuple[str, int]:
    """Return the text of a playlist, and how many tracks have no address and stand in it as comments only."""
    lines, silent = ["#EXTM3U"], 0
    for track in tracks:
        duration = -1 if track.duration is None else round(track.duration)
        lines.append(f"#EXTINF:{duration},{track.artist} - {track.title}")
        if track.links:
            lines.append(track.links[0])
        else:
            silent += 1
            lines.append(f"# no address known ({track.id})")
    return "\n".join(lines) + "\n", silent
