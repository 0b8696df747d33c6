"""Every code block of these pages runs, and prints what the page says: readme."""

from pathlib import Path

import pytest

from docs.blocks import Tally, page_id, pages_of, run_page


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_of("readme"), ids=page_id)
def test_blocks_of_page(page: Path, checkout: Path, tally: Tally) -> None:
    run_page(page, checkout, tally)
