"""Make the typefaces of printed papers out of the one of the pages: `python scripts/paper_fonts.py`.

A page's typeface is variable and cut into parts by alphabet; a PDF wants two plain files with all letters. They
change only with the typeface itself and are kept with the code, so that neither building nor running needs this.
Needs the package `brotli` besides what development needs, and `make install-dev` before.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "web" / "node_modules" / "@fontsource-variable" / "golos-text"
TARGET = ROOT / "core" / "papers" / "fonts"
PARTS = ("cyrillic", "latin", "cyrillic-ext", "latin-ext")
WEIGHTS = {"regular": 400, "bold": 700}
_UNUSED = ("GPOS", "GSUB", "GDEF", "STAT", "DSIG")
"""Tables that papers do without: letters stand where their widths put them."""


def make(name: str, weight: int, folder: Path) -> None:
    """Write one weight with all alphabets."""
    paths: list[str] = []
    for part in PARTS:
        font = instantiateVariableFont(
            TTFont(SOURCE / "files" / f"golos-text-{part}-wght-normal.woff2"), {"wght": weight}
        )
        font.flavor = None
        for table in _UNUSED:
            if table in font:
                del font[table]
        path = folder / f"{part}-{weight}.ttf"
        font.save(path)
        paths.append(str(path))
    whole = Merger().merge(paths)
    for record in whole["name"].names:
        if record.nameID in (2, 17):
            record.string = name.capitalize()
        elif record.nameID in (4, 6):
            record.string = (
                f"Golos Text {name.capitalize()}" if record.nameID == 4 else f"GolosText-{name.capitalize()}"
            )
    whole["OS/2"].usWeightClass = weight
    whole.save(TARGET / f"golos-text-{name}.ttf")


def main() -> None:
    """Write both weights and their licence."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, weight in WEIGHTS.items():
            make(name, weight, Path(folder))
    shutil.copyfile(SOURCE / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
