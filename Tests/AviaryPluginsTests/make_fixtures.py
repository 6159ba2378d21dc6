#!/usr/bin/env python3
"""Tar archives of every dialect that Python's tarfile writes, and what it reads in them.

    make_fixtures.py          needs nothing but Python
Writes Fixtures/*.tar and tar.json (name, size and text of each regular file, in order).
"""
import io, json, os, tarfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(OUT, exist_ok=True)
LONG = "train/" + "a-folder-with-a-long-name/" * 8 + "face.png"
MEDIUM = "train/" + "b" * 60 + "/" + "c" * 60 + "/face.png"  # fits ustar only as prefix and name


def archive(name, format, entries, block=512):
    with tarfile.open(os.path.join(OUT, name), "w", format=format) as tar:
        tar.copybufsize = block
        for path, content, *kind in entries:
            info = tarfile.TarInfo(path)
            if kind == ["folder"]:
                info.type = tarfile.DIRTYPE
            elif kind == ["link"]:
                info.type, info.linkname = tarfile.LNKTYPE, content
            elif kind == ["symbolic"]:
                info.type, info.linkname = tarfile.SYMTYPE, content
            if kind:
                tar.addfile(info)
                continue
            data = content.encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


entries = [("train", "", "folder"), ("train/angry/1.png", "one"), ("train/angry/empty.png", ""),
           ("./train/happy/2.jpg", "x" * 512), ("train/happy/3.jpg", "y" * 513), (MEDIUM, "medium"),
           ("train/happy/2-again.jpg", "./train/happy/2.jpg", "link"),
           ("train/happy/other.jpg", "/etc/hostname", "symbolic"), ("train/fröhlich/4.png", "ümlaut")]
archive("ustar.tar", tarfile.USTAR_FORMAT, [e for e in entries if e[0].isascii()])
archive("gnu.tar", tarfile.GNU_FORMAT, entries + [(LONG, "long")])
archive("pax.tar", tarfile.PAX_FORMAT, entries + [(LONG, "long")])

expected = {}
for name in ("ustar.tar", "gnu.tar", "pax.tar"):
    with tarfile.open(os.path.join(OUT, name)) as tar:
        expected[name] = [dict(name=m.name.removeprefix("./"), text=tar.extractfile(m).read().decode())
                          for m in tar if m.isreg() or m.islnk()]
json.dump(expected, open(os.path.join(OUT, "tar.json"), "w"), indent=1)
