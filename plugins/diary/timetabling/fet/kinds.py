"""Which rule each kind of constraint in a `.fet` file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from plugins.diary.timetabling import lesson_rules, people_rules, room_rules, rules
from plugins.diary.timetabling.fet.naming import Naming
from plugins.diary.timetabling.fet.xml import flag, number, text, texts
from plugins.diary.timetabling.people_rules import People
from plugins.diary.timetabling.rules import Rule


def _rooms_named(element: Element) -> frozenset[str]:
    return frozenset(filter(None, (*texts(element, "Room"), *texts(element, "Preferred_Room"))))


OfPeople = Callable[[People, Naming, Element, Any], Rule]
OfLessons = Callable[[Naming, Element, Any], Iterable[Rule]]


def _most_daily(name: str) -> OfPeople:
    return lambda people, reader, element, base: people_rules.HoursDaily(
        people=people,
        most=number(element, name),
        tag=text(element, "Activity_Tag_Name") or text(element, "Activity_Tag"),
        **base,
    )


def _on_end(people: People, _reader: Naming, element: Element, base: Any) -> Rule:
    tag = text(element, "Activity_Tag_Name") or text(element, "Activity_Tag")
    return people_rules.HoursOnEnd(
        people=people, most=number(element, "Maximum_Hours_Continuously"), tag=tag, **base
    )


def _changes(name: str, *, of_building: bool, weekly: bool) -> OfPeople:
    return lambda people, reader, element, base: room_rules.Changes(
        people=people, of_building=of_building, weekly=weekly, most=number(element, name), **base
    )


OF_PEOPLE: Mapping[str, OfPeople] = {
    "MaxGapsPerWeek": lambda people, reader, element, base: people_rules.Windows(
        people=people, most=number(element, "Max_Gaps"), **base
    ),
    "MaxGapsPerDay": lambda people, reader, element, base: people_rules.Windows(
        people=people, most=number(element, "Max_Gaps"), daily=True, **base
    ),
    "EarlyMaxBeginningsAtSecondHour": lambda people, reader, element, base: people_rules.EarlyStart(
        people=people, most=number(element, "Max_Beginnings_At_Second_Hour"), **base
    ),
    "MaxHoursDaily": _most_daily("Maximum_Hours_Daily"),
    "ActivityTagMaxHoursDaily": _most_daily("Maximum_Hours_Daily"),
    "MinHoursDaily": lambda people, reader, element, base: people_rules.HoursDaily(
        people=people,
        least=number(element, "Minimum_Hours_Daily"),
        may_be_free=flag(element, "Allow_Empty_Days", default=True),
        **base,
    ),
    "MaxHoursContinuously": _on_end,
    "ActivityTagMaxHoursContinuously": _on_end,
    "MaxDaysPerWeek": lambda people, reader, element, base: people_rules.DaysWeekly(
        people=people, most=number(element, "Max_Days_Per_Week"), **base
    ),
    "MinDaysPerWeek": lambda people, reader, element, base: people_rules.DaysWeekly(
        people=people, least=number(element, "Minimum_Days_Per_Week"), **base
    ),
    "IntervalMaxDaysPerWeek": lambda people, reader, element, base: people_rules.DaysWeekly(
        people=people,
        most=number(element, "Max_Days_Per_Week"),
        first=reader.hour(element, "Interval_Start_Hour"),
        last=reader.hour(element, "Interval_End_Hour"),
        **base,
    ),
    "MaxSpanPerDay": lambda people, reader, element, base: people_rules.Span(
        people=people,
        most=number(element, "Max_Span"),
        one_day_more=flag(element, "Allow_One_Day_Exception_of_Plus_One", default=False),
        **base,
    ),
    "MinRestingHours": lambda people, reader, element, base: people_rules.Rest(
        people=people,
        least=number(element, "Minimum_Resting_Hours"),
        circular=flag(element, "Circular", default=False),
        **base,
    ),
    "MaxBuildingChangesPerDay": _changes("Max_Building_Changes_Per_Day", of_building=True, weekly=False),
    "MaxBuildingChangesPerWeek": _changes("Max_Building_Changes_Per_Week", of_building=True, weekly=True),
    "MaxRoomChangesPerDay": _changes("Max_Room_Changes_Per_Day", of_building=False, weekly=False),
    "MaxRoomChangesPerWeek": _changes("Max_Room_Changes_Per_Week", of_building=False, weekly=True),
    "MinGapsBetweenBuildingChanges": lambda people, reader, element, base: room_rules.Changes(
        people=people, of_building=True, least=number(element, "Min_Gaps_Between_Building_Changes"), **base
    ),
    "MinGapsBetweenRoomChanges": lambda people, reader, element, base: room_rules.Changes(
        people=people, of_building=False, least=number(element, "Min_Gaps_Between_Room_Changes"), **base
    ),
}


def _least_days(reader: Naming, element: Element, base: Any) -> Iterable[Rule]:
    activities = reader.named(element)
    yield lesson_rules.DaysApart(activities=activities, least=number(element, "MinDays"), **base)
    if flag(element, "Consecutive_If_Same_Day", default=False):
        # Of two on the same day all the same each follows the other, whatever the weight.
        yield lesson_rules.TogetherIfSameDay(activities=activities, kind=base["kind"])


def _starts(which: Callable[[Naming, Element], tuple[int, ...]]) -> OfLessons:
    return lambda reader, element, base: [
        lesson_rules.Starts(activities=which(reader, element), slots=reader.preferred(element), **base)
    ]


def _within(which: Callable[[Naming, Element], tuple[int, ...]]) -> OfLessons:
    return lambda reader, element, base: [
        lesson_rules.Within(activities=which(reader, element), slots=reader.preferred(element), **base)
    ]


def _same(*, day: bool, hour: bool) -> OfLessons:
    return lambda reader, element, base: [
        lesson_rules.Same(activities=reader.named(element), day=day, hour=hour, **base)
    ]


def _following(*, either: bool) -> OfLessons:
    return lambda reader, element, base: [
        lesson_rules.Following(
            first=number(element, "First_Activity_Id"),
            second=number(element, "Second_Activity_Id"),
            either=either,
            breaks=reader.breaks,
            **base,
        )
    ]


def _ordered(*, same_day: bool) -> OfLessons:
    return lambda reader, element, base: [
        lesson_rules.Ordered(
            first=number(element, "First_Activity_Id"),
            second=number(element, "Second_Activity_Id"),
            same_day=same_day,
            **base,
        )
    ]


def _rooms(which: Callable[[Naming, Element], tuple[int, ...]]) -> OfLessons:
    def make(reader: Naming, element: Element, base: Any) -> Iterable[Rule]:
        yield room_rules.Rooms(activities=which(reader, element), rooms=_rooms_named(element), **base)
        if real := texts(element, "Real_Room"):
            yield room_rules.RealRooms(activity=number(element, "Activity_Id"), rooms=real, **base)

    return make


_named, _filtered, _at_home = Naming.named, Naming.filtered, Naming.at_home
OF_LESSONS: Mapping[str, OfLessons] = {
    "BasicCompulsoryTime": lambda reader, element, base: [rules.NoClash(**base)],
    "BasicCompulsorySpace": lambda reader, element, base: [
        room_rules.RoomsFit(**base),
        room_rules.VirtualRoomsChosen(**base),
    ],
    "BreakTimes": lambda reader, element, base: [
        rules.Closed(slots=reader.slots(element, "Break_Time", "Day", "Hour"), **base)
    ],
    "TeacherNotAvailableTimes": lambda reader, element, base: [
        rules.Closed(slots=reader.not_available(element), teacher=text(element, "Teacher"), **base)
    ],
    "StudentsSetNotAvailableTimes": lambda reader, element, base: [
        rules.Closed(
            slots=reader.not_available(element), atoms=reader.atoms(text(element, "Students")), **base
        )
    ],
    "RoomNotAvailableTimes": lambda reader, element, base: [
        room_rules.RoomClosed(room=text(element, "Room"), slots=reader.not_available(element), **base)
    ],
    "TeacherRoomNotAvailableTimes": lambda reader, element, base: [
        room_rules.RoomClosed(
            room=text(element, "Room"),
            teacher=text(element, "Teacher"),
            slots=reader.not_available(element),
            **base,
        )
    ],
    "MinDaysBetweenActivities": _least_days,
    "MaxDaysBetweenActivities": lambda reader, element, base: [
        lesson_rules.DaysApart(activities=reader.named(element), most=number(element, "MaxDays"), **base)
    ],
    "MinGapsBetweenActivities": lambda reader, element, base: [
        lesson_rules.Apart(activities=reader.named(element), least=number(element, "MinGaps"), **base)
    ],
    "ActivitiesNotOverlapping": lambda reader, element, base: [
        lesson_rules.Apart(activities=reader.named(element), **base)
    ],
    "ActivityPreferredStartingTime": _starts(_named),
    "ActivityPreferredStartingTimes": _starts(_named),
    "ActivitiesPreferredStartingTimes": _starts(_filtered),
    "SubactivitiesPreferredStartingTimes": _starts(_filtered),
    "ActivityPreferredTimeSlots": _within(_named),
    "ActivitiesPreferredTimeSlots": _within(_filtered),
    "SubactivitiesPreferredTimeSlots": _within(_filtered),
    "ActivitiesSameStartingTime": _same(day=True, hour=True),
    "ActivitiesSameStartingDay": _same(day=True, hour=False),
    "ActivitiesSameStartingHour": _same(day=False, hour=True),
    "TwoActivitiesConsecutive": _following(either=False),
    "TwoActivitiesGrouped": _following(either=True),
    "TwoActivitiesOrdered": _ordered(same_day=False),
    "TwoActivitiesOrderedIfSameDay": _ordered(same_day=True),
    "ActivityEndsStudentsDay": lambda reader, element, base: [
        lesson_rules.EndsDay(activities=reader.named(element), **base)
    ],
    "ActivitiesEndStudentsDay": lambda reader, element, base: [
        lesson_rules.EndsDay(activities=reader.filtered(element), **base)
    ],
    "ActivitiesOccupyMaxTimeSlotsFromSelection": lambda reader, element, base: [
        lesson_rules.Occupied(
            **reader.selected(element), most=number(element, "Max_Number_of_Occupied_Time_Slots"), **base
        )
    ],
    "ActivitiesOccupyMinTimeSlotsFromSelection": lambda reader, element, base: [
        lesson_rules.Occupied(
            **reader.selected(element), least=number(element, "Min_Number_of_Occupied_Time_Slots"), **base
        )
    ],
    "ActivitiesMaxSimultaneousInSelectedTimeSlots": lambda reader, element, base: [
        lesson_rules.AtOnce(
            **reader.selected(element), most=number(element, "Max_Number_of_Simultaneous_Activities"), **base
        )
    ],
    "ActivitiesMinSimultaneousInSelectedTimeSlots": lambda reader, element, base: [
        lesson_rules.AtOnce(
            **reader.selected(element),
            least=number(element, "Min_Number_of_Simultaneous_Activities"),
            may_be_none=flag(element, "Allow_Empty_Slots", default=False),
            **base,
        )
    ],
    "ActivityPreferredRoom": _rooms(_named),
    "ActivityPreferredRooms": _rooms(_named),
    "SubjectPreferredRoom": _rooms(_filtered),
    "SubjectPreferredRooms": _rooms(_filtered),
    "ActivityTagPreferredRoom": _rooms(_filtered),
    "ActivityTagPreferredRooms": _rooms(_filtered),
    "SubjectActivityTagPreferredRoom": _rooms(_filtered),
    "SubjectActivityTagPreferredRooms": _rooms(_filtered),
    "TeacherHomeRoom": _rooms(_at_home),
    "TeacherHomeRooms": _rooms(_at_home),
    "StudentsSetHomeRoom": _rooms(_at_home),
    "StudentsSetHomeRooms": _rooms(_at_home),
    "ActivitiesOccupyMaxDifferentRooms": lambda reader, element, base: [
        room_rules.DifferentRooms(
            activities=reader.named(element), most=number(element, "Max_Number_of_Different_Rooms"), **base
        )
    ],
    "ActivitiesSameRoomIfConsecutive": lambda reader, element, base: [
        room_rules.SameRoomOnEnd(activities=reader.named(element), **base)
    ],
}
