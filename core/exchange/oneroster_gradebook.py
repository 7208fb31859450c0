"""Works and results as files of a OneRoster 1.1 CSV set: categories, lineItems, results.

The set's results are numbers: a mark in words («зач», «н/а») has no score and stands in the comment. Results of people
who are not in the set are left out, so that no record points to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from uuid import UUID

import msgspec

from core.gradebooks import GradedResult, GradedWork, YearOfResults

Row = Mapping[str, str]


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The `sourcedId` of everything that works and results belong to.

    `scheduled` are the classes of subjects in the set; `homes` lead from a group to its school class.
    """

    year: str
    scheduled: Collection[str]
    classes: Mapping[UUID, str]
    groups: Mapping[UUID, str]
    homes: Mapping[UUID, UUID | None]
    people: Mapping[UUID, str]

    def of_work(self, work: GradedWork) -> str | None:
        """The class of a work: that of the subject, or the school class where nobody teaches the subject any more."""
        if work.pupil_group_id is not None:
            group = self.groups.get(work.pupil_group_id)
            if group in self.scheduled:
                return group
            home = self.homes.get(work.pupil_group_id)
            return self.classes.get(home) if home is not None else None
        if work.school_class_id is None:
            return None
        scheduled = f"{work.school_class_id}-{work.subject_id}"
        return scheduled if scheduled in self.scheduled else self.classes.get(work.school_class_id)


def gradebook_rows(year: YearOfResults, places: Places) -> Mapping[str, Iterable[Row]]:
    """The rows of each file; those of the results are read while they are written."""
    works = {work.id: place for work in year.works if (place := places.of_work(work)) is not None}
    return {
        "categories": [{"sourcedId": key, "title": title} for key, title in year.kinds],
        "lineItems": [_work(work, works[work.id], places) for work in year.works if work.id in works],
        "results": _results(year.results, works, places),
    }


def _work(work: GradedWork, place: str, places: Places) -> Row:
    return {
        "sourcedId": work.id,
        "title": work.title,
        "assignDate": work.day.isoformat(),
        "dueDate": work.day.isoformat(),
        "classSourcedId": place,
        "categorySourcedId": work.kind,
        "gradingPeriodSourcedId": str(work.term_id) if work.term_id else places.year,
        "resultValueMin": str(work.lowest),
        "resultValueMax": str(work.highest),
    }


def _results(results: Iterable[GradedResult], works: Collection[str], places: Places) -> Iterator[Row]:
    for result in results:
        pupil = places.people.get(result.pupil_id)
        if pupil is None or result.work_id not in works:
            continue
        yield {
            "sourcedId": str(result.id),
            "lineItemSourcedId": result.work_id,
            "studentSourcedId": pupil,
            "scoreStatus": "exempt" if result.exempt else "fully graded",
            "score": "" if result.score is None else str(result.score),
            "scoreDate": result.day.isoformat(),
            "comment": result.words,
        }
