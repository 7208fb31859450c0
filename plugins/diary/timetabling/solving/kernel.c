/* The search of `search.py`, compiled: same algorithm, same numbers, same result for the same seed.
 *
 * A lesson is put where least has to go; what had to go is put elsewhere in turn. First a chain of such moves is sought
 * that ends well, to a bounded depth; where none is found the lesson is put all the same, and lessons that keep failing
 * become dearer to take out. Sets of hours and slots are bits of 64-bit words. See `model.py` for what the two arrays
 * hold; nothing here knows of Python objects except the few functions at the end.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OUT = 12, DEPTH = 10, MOST_BREADTH = 6, MOST_DAYS = 64, PHASE_COUNT = 4, PHASE_LENGTH = 1500 };
enum { NEVER = 1 << 29, WEIGHT = 16, MOST_WEIGHT = 1 << 14 };

/* Places in LIMITS. */
enum {
    WINDOWS_WEEKLY, WINDOWS_DAILY, LATE_STARTS, LEAST_DAILY, MAY_BE_FREE, MOST_DAILY, MOST_ON_END, MOST_DAYS_WEEKLY,
    LEAST_DAYS_WEEKLY, INTERVAL_DAYS, INTERVAL_FIRST, INTERVAL_LAST, SPAN, SPAN_ONE_MORE, REST, REST_CIRCULAR, COST,
    LIMITS
};
/* Places in SET_LIMITS. */
enum { AT_ONCE, SET_LEAST, SET_MOST, MAY_BE_NONE, SET_MASK, SET_LIMITS };
enum { HEADER = 12 };

/* A place for a lesson: what has to go, the rooms, the cost of it all. */
typedef struct {
    int slot, cost, count;
    int out[MOST_OUT];
    int *rooms;
} Candidate;

typedef struct { int lesson, slot, rooms_at; } Undo;

typedef struct {
    /* The model. */
    int *numbers;
    uint64_t *bits;
    int lessons, days, hours, slots, words, rows, rooms, sets, needs;
    const uint64_t *closed, *masks, *tables;
    const int *duration, *start_from, *start, *start_cost;
    const int *relation_from, *relation_lesson, *relation_table;
    const int *wish_from, *wish_lesson, *wish_table, *wish_cost;
    const int *row_from, *row, *member_from, *member, *limit;
    const int *need_from, *option_from, *option_room, *option_cost, *option_mask;
    const int *set_from, *set, *set_member_from, *set_member, *set_limit, *order;
    int *rival_from, *rival;      /* of each lesson: those that share somebody with it */
    uint8_t *in_row;              /* rows × lessons */
    uint64_t *starts;             /* the starts of each lesson as bits */
    /* Where everything stands. */
    int *position, *chosen;       /* slot of each lesson, room of each need; -1: none */
    uint64_t *busy;               /* rows × days: hours taken */
    int *left, *left_count;       /* of each row: hours and lessons not placed */
    int *held_by;                 /* rooms × slots: which lesson, -1: none */
    int *set_taken, *set_left;    /* sets × slots: how many; of each set: hours not placed */
    /* The search. */
    int *weight, *held;
    int *pool, pool_count;
    int *best_position, *best_chosen, best_left;
    int64_t moves, failures;      /* lessons put somewhere; chains that were not found */
    int64_t phase, phase_until, phase_length;
    uint32_t random;
    /* Room to work in. */
    int *taken_count, *taken, *base;   /* by slot: lessons in the way and the cost so far */
    int *sorted;
    Candidate frames[DEPTH][MOST_BREADTH];
    Candidate spare, best;
    int *frame_rooms;
    Undo *log; int log_count, log_size;
    int *log_rooms; int log_rooms_count, log_rooms_size;
    int calls;                    /* of the chain being sought */
    int failed;                   /* no memory */
} Search;

/* The search goes through these again and again: whether the lesson taken out last is placed next, or any, and how many
 * calls a chain may take. Each goes on until so many chains failed, longer every time round. */
static const struct { int newest_first, calls, share; } PHASES[PHASE_COUNT] = {
    {1, 1, 1}, {0, 12, 3}, {1, 40, 8}, {0, 40, 8}};
static const int BREADTH[DEPTH] = {6, 3, 2, 1, 1, 1, 1, 1, 1, 1};

static uint32_t draw(Search *s, uint32_t below)
{
    uint32_t x = s->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    s->random = x;
    return (x >> 8) % below;
}

static int ones(uint64_t x) { return __builtin_popcountll(x); }
static int lowest(uint64_t x) { return __builtin_ctzll(x); }
static int highest(uint64_t x) { return 63 - __builtin_clzll(x); }
static uint64_t below(int hour) { return hour >= 64 ? ~0ULL : (1ULL << hour) - 1; }
static int max(int a, int b) { return a > b ? a : b; }
static int min(int a, int b) { return a < b ? a : b; }
static int has(const uint64_t *set, int slot) { return (int)(set[slot >> 6] >> (slot & 63) & 1); }
static uint64_t hours_of(const Search *s, int lesson, int slot)
{
    return below(s->duration[lesson]) << (slot % s->hours);
}

/* By how much a row breaks its limits, seeing that the hours `left` may still fill windows. Taking a lesson out never
 * makes it worse. `fill` becomes the number of hours that must still come into the days as they are. */
static int broken(const Search *s, int row, const uint64_t *busy, int left, int left_count, int *fill)
{
    const int *limit = s->limit + row * LIMITS;
    const uint64_t *closed = s->closed + row * s->days;
    uint64_t day_bits = below(s->hours);
    int over = 0, days = 0, interval = 0, mixed = 0, lacking = 0, windows = 0, windows_over = 0;
    int late = 0, late_by_one = 0, longer_by_one = 0, evening = -1, first_morning = -1, last_evening = -1;
    for (int day = 0; day < s->days; day++) {
        uint64_t x = busy[day];
        if (!x) {
            if (limit[LEAST_DAILY] > 0 && !limit[MAY_BE_FREE]) {
                lacking += limit[LEAST_DAILY];
                mixed += limit[LEAST_DAILY];
            }
            evening = -1;
            continue;
        }
        int lo = lowest(x), hi = highest(x), n = ones(x), must = 0;
        days++;
        if (limit[INTERVAL_DAYS] >= 0 && x & below(limit[INTERVAL_LAST]) & ~below(limit[INTERVAL_FIRST]))
            interval++;
        if (limit[WINDOWS_WEEKLY] >= 0 || limit[WINDOWS_DAILY] >= 0) {
            int gaps = ones(below(hi) & ~below(lo) & ~x & ~closed[day]);
            windows += gaps;
            if (limit[WINDOWS_DAILY] >= 0)
                windows_over += max(gaps - limit[WINDOWS_DAILY], 0);
            must += limit[WINDOWS_WEEKLY] >= 0 ? gaps : max(gaps - limit[WINDOWS_DAILY], 0);
        }
        if (limit[LATE_STARTS] >= 0) {
            int before = ones(day_bits & ~closed[day] & below(lo));
            late += before > 0;
            late_by_one += before == 1;
            must += limit[WINDOWS_WEEKLY] >= 0 ? before : before > 0;
        }
        if (limit[LEAST_DAILY] > 0) {
            int few = max(limit[LEAST_DAILY] - n, 0);
            lacking += few;
            must = max(must, few);
        }
        mixed += must;
        if (limit[MOST_DAILY] >= 0)
            over += max(n - limit[MOST_DAILY], 0);
        if (limit[MOST_ON_END] >= 0)
            for (uint64_t rest = x; rest;) {
                int from = lowest(rest);
                uint64_t gap = ~(rest >> from);
                int run = gap ? lowest(gap) : 64;
                over += max(run - limit[MOST_ON_END], 0);
                rest = from + run >= 64 ? 0 : rest & ~below(from + run);
            }
        if (limit[SPAN] >= 0) {
            int longer = max(hi - lo + 1 - limit[SPAN], 0);
            over += longer;
            longer_by_one |= longer == 1;
        }
        if (limit[REST] >= 0) {
            if (evening >= 0)
                over += max(limit[REST] - (s->hours - 1 - evening + lo), 0);
            if (day == 0)
                first_morning = lo;
            if (day == s->days - 1)
                last_evening = hi;
        }
        evening = hi;
    }
    if (limit[REST] >= 0 && limit[REST_CIRCULAR] > 0 && first_morning >= 0 && last_evening >= 0)
        over += max(limit[REST] - (s->hours - 1 - last_evening + first_morning), 0);
    if (longer_by_one && limit[SPAN_ONE_MORE] > 0)
        over -= 1;
    if (limit[INTERVAL_DAYS] >= 0)
        over += max(interval - limit[INTERVAL_DAYS], 0);
    if (limit[MOST_DAYS_WEEKLY] >= 0)
        over += max(days - limit[MOST_DAYS_WEEKLY], 0);
    if (limit[LEAST_DAYS_WEEKLY] >= 0)
        over += max(limit[LEAST_DAYS_WEEKLY] - days - left_count, 0);
    int spared = max(limit[WINDOWS_WEEKLY], 0) + (limit[LATE_STARTS] >= 0 ? min(limit[LATE_STARTS], late) : 0);
    int need = max(max(mixed - spared, lacking), windows_over);
    if (limit[WINDOWS_WEEKLY] >= 0)
        need = max(need, windows - limit[WINDOWS_WEEKLY]);
    if (limit[LATE_STARTS] >= 0)
        need = max(need, late - min(limit[LATE_STARTS], late_by_one));
    *fill = need;
    return over + max(need - left, 0);
}

/* ---- placing and taking out ---- */

static void set_busy(Search *s, int lesson, int slot, int by)
{
    uint64_t hours = hours_of(s, lesson, slot);
    int day = slot / s->hours;
    for (int k = s->row_from[lesson]; k < s->row_from[lesson + 1]; k++) {
        int row = s->row[k];
        if (by > 0)
            s->busy[row * s->days + day] |= hours;
        else
            s->busy[row * s->days + day] &= ~hours;
        s->left[row] -= by * s->duration[lesson];
        s->left_count[row] -= by;
    }
    for (int k = s->set_from[lesson]; k < s->set_from[lesson + 1]; k++) {
        int set = s->set[k];
        s->set_left[set] -= by * s->duration[lesson];
        for (int at = slot; at < slot + s->duration[lesson]; at++)
            s->set_taken[set * s->slots + at] += by;
    }
    for (int need = s->need_from[lesson]; need < s->need_from[lesson + 1]; need++)
        if (s->chosen[need] >= 0)
            for (int at = slot; at < slot + s->duration[lesson]; at++)
                s->held_by[s->chosen[need] * s->slots + at] = by > 0 ? lesson : -1;
}

static void place(Search *s, int lesson, int slot, const int *rooms)
{
    int from = s->need_from[lesson];
    memcpy(s->chosen + from, rooms, sizeof(int) * (size_t)(s->need_from[lesson + 1] - from));
    s->position[lesson] = slot;
    set_busy(s, lesson, slot, 1);
}

static void take_out(Search *s, int lesson)
{
    set_busy(s, lesson, s->position[lesson], -1);
    s->position[lesson] = -1;
}

/* ---- what is in the way ---- */

static int among(const int *list, int count, int lesson)
{
    for (int k = 0; k < count; k++)
        if (list[k] == lesson)
            return 1;
    return 0;
}

static void in_the_way(Search *s, int slot, int lesson)
{
    int *taken = s->taken + slot * MOST_OUT, count = s->taken_count[slot];
    if (s->base[slot] >= NEVER || among(taken, count, lesson))
        return;
    if (count >= MOST_OUT || s->held[lesson]) {
        s->base[slot] = NEVER;
        return;
    }
    taken[count] = lesson;
    s->taken_count[slot] = count + 1;
    s->base[slot] += s->weight[lesson];
}

/* For every start of a lesson: who shares somebody with it, or stands where a relation forbids it. */
static void look_around(Search *s, int lesson)
{
    const uint64_t *starts = s->starts + lesson * s->words;
    for (int k = s->start_from[lesson]; k < s->start_from[lesson + 1]; k++) {
        int slot = s->start[k];
        s->base[slot] = s->start_cost[k];
        s->taken_count[slot] = 0;
    }
    for (int k = s->rival_from[lesson]; k < s->rival_from[lesson + 1]; k++) {
        int other = s->rival[k], there = s->position[other];
        if (there < 0)
            continue;
        int day = there / s->hours * s->hours;
        for (int slot = max(there - s->duration[lesson] + 1, day); slot < there + s->duration[other]; slot++)
            if (has(starts, slot))
                in_the_way(s, slot, other);
    }
    for (int k = s->relation_from[lesson]; k < s->relation_from[lesson + 1]; k++) {
        int other = s->relation_lesson[k], there = s->position[other];
        if (there < 0)
            continue;
        const uint64_t *table = s->tables + ((int64_t)s->relation_table[k] * s->slots + there) * s->words;
        for (int word = 0; word < s->words; word++)
            for (uint64_t x = table[word] & starts[word]; x; x &= x - 1)
                in_the_way(s, word * 64 + lowest(x), other);
    }
    for (int k = s->wish_from[lesson]; k < s->wish_from[lesson + 1]; k++) {
        int there = s->position[s->wish_lesson[k]];
        if (there < 0)
            continue;
        const uint64_t *table = s->tables + ((int64_t)s->wish_table[k] * s->slots + there) * s->words;
        for (int word = 0; word < s->words; word++)
            for (uint64_t x = table[word] & starts[word]; x; x &= x - 1)
                s->base[word * 64 + lowest(x)] += s->wish_cost[k];
    }
}

static int add_out(Search *s, Candidate *c, int lesson, int bound)
{
    if (c->count >= MOST_OUT || s->held[lesson])
        return 0;
    c->out[c->count++] = lesson;
    c->cost += s->weight[lesson];
    return c->cost < bound;
}

/* The rows of a lesson that would break their limits: who of them has to go. */
static int fit_rows(Search *s, int lesson, Candidate *c, int bound)
{
    uint64_t busy[MOST_DAYS];
    int day = c->slot / s->hours, fill = 0, before = 0;
    uint64_t hours = hours_of(s, lesson, c->slot);
    for (int k = s->row_from[lesson]; k < s->row_from[lesson + 1]; k++) {
        int row = s->row[k];
        const uint8_t *in_row = s->in_row + (int64_t)row * s->lessons;
        int cost = s->limit[row * LIMITS + COST];
        int left = s->left[row] - s->duration[lesson], left_count = s->left_count[row] - 1;
        memcpy(busy, s->busy + row * s->days, sizeof(uint64_t) * (size_t)s->days);
        for (int e = 0; e < c->count; e++) {
            int other = c->out[e];
            if (!in_row[other])
                continue;
            busy[s->position[other] / s->hours] &= ~hours_of(s, other, s->position[other]);
            left += s->duration[other];
            left_count++;
        }
        if (cost > 0)
            before = broken(s, row, busy, left + s->duration[lesson], left_count + 1, &fill);
        busy[day] |= hours;
        int over = broken(s, row, busy, left, left_count, &fill);
        if (cost > 0) {
            c->cost += cost * max(over - before, 0);
            if (c->cost >= bound)
                return 0;
            continue;
        }
        while (over > 0) {
            int chosen = -1, chosen_over = over, chosen_key = NEVER;
            int from = s->member_from[row], count = s->member_from[row + 1] - from;
            int turn = (int)draw(s, (uint32_t)count);
            for (int m = 0; m < count; m++) {
                int at = turn + m < count ? turn + m : turn + m - count;
                int other = s->member[from + at], there = s->position[other];
                if (there < 0 || other == lesson || s->held[other] || among(c->out, c->count, other))
                    continue;
                int other_day = there / s->hours;
                uint64_t kept = busy[other_day];
                busy[other_day] &= ~hours_of(s, other, there);
                int after = broken(s, row, busy, left + s->duration[other], left_count + 1, &fill);
                busy[other_day] = kept;
                int key = after * 64 + s->weight[other];
                if (after < over && key < chosen_key) {
                    chosen = other;
                    chosen_key = key;
                    chosen_over = after;
                }
            }
            if (chosen < 0 || !add_out(s, c, chosen, bound))
                return 0;
            busy[s->position[chosen] / s->hours] &= ~hours_of(s, chosen, s->position[chosen]);
            left += s->duration[chosen];
            left_count++;
            over = chosen_over;
        }
        c->cost += min(fill, 3);
    }
    return c->cost < bound;
}

static int set_without(const Search *s, int set, int at, const Candidate *c, int lesson)
{
    int taken = s->set_taken[set * s->slots + at] + (at >= c->slot && at < c->slot + s->duration[lesson]);
    for (int e = 0; e < c->count; e++) {
        int other = c->out[e], there = s->position[other];
        if (at < there || at >= there + s->duration[other])
            continue;
        taken -= among(s->set_member + s->set_member_from[set], s->set_member_from[set + 1] - s->set_member_from[set], other);
    }
    return taken;
}

/* By how much a counted set is off with the lesson placed and the others gone. */
static int set_broken(const Search *s, int set, const Candidate *c, int lesson)
{
    const int *limit = s->set_limit + set * SET_LIMITS;
    const uint64_t *mask = s->masks + limit[SET_MASK] * s->words;
    const int *members = s->set_member + s->set_member_from[set];
    int count = s->set_member_from[set + 1] - s->set_member_from[set];
    int left = s->set_left[set] - s->duration[lesson], over = 0, lacking = 0, occupied = 0;
    for (int e = 0; e < c->count; e++)
        if (among(members, count, c->out[e]))
            left += s->duration[c->out[e]];
    for (int at = 0; at < s->slots; at++) {
        if (!has(mask, at))
            continue;
        int taken = set_without(s, set, at, c, lesson);
        occupied += taken > 0;
        if (!limit[AT_ONCE])
            continue;
        if (limit[SET_MOST] >= 0)
            over += max(taken - limit[SET_MOST], 0);
        if (taken || !limit[MAY_BE_NONE])
            lacking += max(limit[SET_LEAST] - taken, 0);
    }
    if (!limit[AT_ONCE]) {
        if (limit[SET_MOST] >= 0)
            over += max(occupied - limit[SET_MOST], 0);
        lacking = max(limit[SET_LEAST] - occupied, 0);
    }
    return over + max(lacking - left, 0);
}

static int fit_sets(Search *s, int lesson, Candidate *c, int bound)
{
    for (int k = s->set_from[lesson]; k < s->set_from[lesson + 1]; k++) {
        int set = s->set[k], over;
        while ((over = set_broken(s, set, c, lesson)) > 0) {
            int chosen = -1, chosen_key = NEVER;
            int from = s->set_member_from[set], count = s->set_member_from[set + 1] - from;
            int turn = (int)draw(s, (uint32_t)count);
            for (int m = 0; m < count; m++) {
                int other = s->set_member[from + (turn + m) % count];
                if (s->position[other] < 0 || other == lesson || s->held[other] || among(c->out, c->count, other))
                    continue;
                if (c->count == MOST_OUT)
                    return 0;
                c->out[c->count++] = other;
                int after = set_broken(s, set, c, lesson);
                c->count--;
                int key = after * 64 + s->weight[other];
                /* Two lessons may share a slot: taking out the first of them changes nothing yet. */
                if (after <= over && key < chosen_key) {
                    chosen = other;
                    chosen_key = key;
                }
            }
            if (chosen < 0 || !add_out(s, c, chosen, bound))
                return 0;
        }
    }
    return 1;
}

/* The cheapest room for each need; whoever is in it has to go. */
static int fit_rooms(Search *s, int lesson, Candidate *c, int bound)
{
    int first = s->need_from[lesson], needs = s->need_from[lesson + 1] - first;
    for (int need = 0; need < needs; need++) {
        int from = s->option_from[first + need], count = s->option_from[first + need + 1] - from;
        int best = -1, best_cost = NEVER;
        if (!count)
            return 0;
        int turn = (int)draw(s, (uint32_t)count);
        for (int m = 0; m < count; m++) {
            int option = from + (turn + m < count ? turn + m : turn + m - count), room = s->option_room[option];
            int cost = s->option_cost[option];
            if (cost >= best_cost || !has(s->masks + s->option_mask[option] * s->words, c->slot) ||
                among(c->rooms, need, room))
                continue;
            const int *held_by = s->held_by + room * s->slots + c->slot;
            int last = -1;
            for (int at = 0; at < s->duration[lesson]; at++) {
                int other = held_by[at];
                if (other < 0 || other == last || among(c->out, c->count, other))
                    continue;
                last = other;
                cost += s->held[other] ? NEVER : s->weight[other];
            }
            if (cost < best_cost) {
                best = option;
                best_cost = cost;
            }
        }
        if (best < 0)
            return 0;
        c->rooms[need] = s->option_room[best];
        c->cost += s->option_cost[best];
        const int *held_by = s->held_by + c->rooms[need] * s->slots + c->slot;
        for (int at = 0; at < s->duration[lesson]; at++)
            if (held_by[at] >= 0 && !among(c->out, c->count, held_by[at]) && !add_out(s, c, held_by[at], bound))
                return 0;
    }
    return c->cost < bound;
}

static int examine(Search *s, int lesson, int slot, int bound, Candidate *c)
{
    c->slot = slot;
    c->cost = s->base[slot];
    c->count = s->taken_count[slot];
    memcpy(c->out, s->taken + slot * MOST_OUT, sizeof(int) * (size_t)c->count);
    return c->cost < bound && fit_sets(s, lesson, c, bound) && fit_rows(s, lesson, c, bound) &&
           fit_rooms(s, lesson, c, bound);
}

static void copy_candidate(Search *s, Candidate *to, const Candidate *from, int lesson)
{
    int *rooms = to->rooms;
    *to = *from;
    to->rooms = rooms;
    memcpy(rooms, from->rooms, sizeof(int) * (size_t)(s->need_from[lesson + 1] - s->need_from[lesson]));
}

/* The `most` cheapest places of a lesson, cheapest first. */
static int candidates(Search *s, int lesson, int most, Candidate *found)
{
    int count = 0, starts = 0;
    look_around(s, lesson);
    for (int k = s->start_from[lesson]; k < s->start_from[lesson + 1]; k++) {
        int slot = s->start[k];
        if (s->base[slot] >= NEVER)
            continue;
        /* By cost; of the same cost in any order. */
        int key = min(s->base[slot], 1 << 20) << 10 | (int)draw(s, 1024), at = starts++;
        for (; at > 0 && s->sorted[2 * at - 2] > key; at--) {
            s->sorted[2 * at] = s->sorted[2 * at - 2];
            s->sorted[2 * at + 1] = s->sorted[2 * at - 1];
        }
        s->sorted[2 * at] = key;
        s->sorted[2 * at + 1] = slot;
    }
    for (int k = 0; k < starts; k++) {
        int slot = s->sorted[2 * k + 1];
        int bound = count == most ? found[count - 1].cost : NEVER;
        if (s->base[slot] >= bound)
            break;
        if (!examine(s, lesson, slot, bound, &s->spare))
            continue;
        int at = count < most ? count++ : count - 1;
        for (; at > 0 && found[at - 1].cost > s->spare.cost; at--)
            copy_candidate(s, &found[at], &found[at - 1], lesson);
        copy_candidate(s, &found[at], &s->spare, lesson);
    }
    return count;
}

/* ---- chains ---- */

static void remember(Search *s, int lesson, int slot)
{
    int needs = s->need_from[lesson + 1] - s->need_from[lesson];
    if (s->log_count == s->log_size) {
        s->log_size = s->log_size * 2 + 64;
        Undo *grown = realloc(s->log, sizeof(Undo) * (size_t)s->log_size);
        if (!grown) { s->failed = 1; return; }
        s->log = grown;
    }
    if (s->log_rooms_count + needs > s->log_rooms_size) {
        s->log_rooms_size = s->log_rooms_size * 2 + needs + 64;
        int *grown = realloc(s->log_rooms, sizeof(int) * (size_t)s->log_rooms_size);
        if (!grown) { s->failed = 1; return; }
        s->log_rooms = grown;
    }
    s->log[s->log_count++] = (Undo){lesson, slot, s->log_rooms_count};
    if (slot >= 0) {
        memcpy(s->log_rooms + s->log_rooms_count, s->chosen + s->need_from[lesson], sizeof(int) * (size_t)needs);
        s->log_rooms_count += needs;
    }
}

static void undo_to(Search *s, int mark)
{
    while (s->log_count > mark) {
        Undo *each = &s->log[--s->log_count];
        s->log_rooms_count = each->rooms_at;
        if (each->slot < 0)
            take_out(s, each->lesson);
        else
            place(s, each->lesson, each->slot, s->log_rooms + each->rooms_at);
    }
}

static void put(Search *s, int lesson, const Candidate *c)
{
    for (int e = 0; e < c->count; e++) {
        remember(s, c->out[e], s->position[c->out[e]]);
        take_out(s, c->out[e]);
    }
    remember(s, lesson, -1);
    place(s, lesson, c->slot, c->rooms);
    s->moves++;
}

/* Place a lesson and, in turn, all that have to go for it; 1 if everything found a place. */
static int chain(Search *s, int lesson, int depth)
{
    Candidate *found = s->frames[depth];
    if (s->failed || s->calls++ >= PHASES[s->phase % PHASE_COUNT].calls)
        return 0;
    int count = candidates(s, lesson, BREADTH[depth], found);
    if (count && !found[0].count) {
        put(s, lesson, &found[0]);
        return 1;
    }
    if (depth + 1 >= DEPTH)
        return 0;
    for (int k = 0; k < count; k++) {
        int mark = s->log_count, done = 1;
        if (found[k].count > DEPTH - depth)
            continue;
        put(s, lesson, &found[k]);
        s->held[lesson] = 1;
        for (int e = 0; done && e < found[k].count; e++)
            done = chain(s, found[k].out[e], depth + 1);
        s->held[lesson] = 0;
        if (done)
            return 1;
        undo_to(s, mark);
    }
    return 0;
}

/* ---- the loop ---- */

static void into_pool(Search *s, int lesson) { s->pool[s->pool_count++] = lesson; }

static void keep_best(Search *s)
{
    if (s->pool_count >= s->best_left)
        return;
    s->best_left = s->pool_count;
    memcpy(s->best_position, s->position, sizeof(int) * (size_t)s->lessons);
    memcpy(s->best_chosen, s->chosen, sizeof(int) * (size_t)s->needs);
}

/* The next lesson to place, by the rule of the phase, out of the pool. */
static int take_next(Search *s)
{
    if (s->failures >= s->phase_until) {
        s->phase++;
        if (s->phase % PHASE_COUNT == 0 && s->phase > 0)
            s->phase_length = s->phase_length * 3 / 2;
        s->phase_until = s->failures + s->phase_length / PHASES[s->phase % PHASE_COUNT].share;
    }
    int last = --s->pool_count;
    if (PHASES[s->phase % PHASE_COUNT].newest_first)
        return s->pool[last];
    int at = (int)draw(s, (uint32_t)last + 1), lesson = s->pool[at];
    s->pool[at] = s->pool[last];
    return lesson;
}

static void make_dearer(Search *s, int lesson)
{
    s->weight[lesson] += WEIGHT;
    if (s->weight[lesson] > MOST_WEIGHT)
        for (int k = 0; k < s->lessons; k++)
            s->weight[k] = max(s->weight[k] / 2, WEIGHT);
}

static void step(Search *s)
{
    int lesson = take_next(s);
    s->log_count = s->log_rooms_count = s->calls = 0;
    if (!chain(s, lesson, 0)) {
        s->failures++;
        s->log_count = s->log_rooms_count = 0;
        make_dearer(s, lesson);
        if (candidates(s, lesson, 1, &s->best)) {
            put(s, lesson, &s->best);
            for (int e = 0; e < s->best.count; e++)
                into_pool(s, s->best.out[e]);
        } else {
            /* Nowhere at all: wait until others have moved. */
            memmove(s->pool + 1, s->pool, sizeof(int) * (size_t)s->pool_count++);
            s->pool[0] = lesson;
        }
    }
    keep_best(s);
}

/* ---- from and to Python ---- */

static const int *section(Search *s, int at) { return s->numbers + s->numbers[HEADER + at]; }

static void discard(Search *s)
{
    if (!s)
        return;
    void *all[] = {s->numbers, s->bits, s->rival_from, s->rival, s->in_row, s->starts, s->position, s->chosen, s->busy,
                   s->left, s->left_count, s->held_by, s->set_taken, s->set_left, s->weight, s->held,
                   s->pool, s->best_position, s->best_chosen, s->taken_count, s->taken, s->base, s->sorted,
                   s->frame_rooms, s->log, s->log_rooms};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
    free(s);
}

static void *zeros(Search *s, int64_t count, size_t size)
{
    void *found = calloc((size_t)(count > 0 ? count : 1), size);
    if (!found)
        s->failed = 1;
    return found;
}

static int *nothing(Search *s, int64_t count)
{
    int *found = zeros(s, count, sizeof(int));
    for (int64_t k = 0; found && k < count; k++)
        found[k] = -1;
    return found;
}

static void find_rivals(Search *s, const int *clash_from, const int *clash, int groups)
{
    /* Twice over all groups: first to count, then to write. */
    int *seen = nothing(s, s->lessons);
    int *group_from = zeros(s, s->lessons + 1, sizeof(int));
    int *group_of = zeros(s, groups ? clash_from[groups] : 0, sizeof(int));
    s->rival_from = zeros(s, s->lessons + 1, sizeof(int));
    if (s->failed)
        goto done;
    for (int k = 0; k < clash_from[groups]; k++)
        group_from[clash[k] + 1]++;
    for (int k = 0; k < s->lessons; k++)
        group_from[k + 1] += group_from[k];
    for (int g = 0; g < groups; g++)
        for (int k = clash_from[g]; k < clash_from[g + 1]; k++)
            group_of[group_from[clash[k]] + s->rival_from[clash[k]]++] = g;
    memset(s->rival_from, 0, sizeof(int) * (size_t)(s->lessons + 1));
    for (int writing = 0; writing < 2; writing++) {
        int total = 0;
        for (int lesson = 0; lesson < s->lessons; lesson++) {
            s->rival_from[lesson] = total;
            seen[lesson] = 2 * lesson + writing;
            for (int g = group_from[lesson]; g < group_from[lesson + 1]; g++)
                for (int k = clash_from[group_of[g]]; k < clash_from[group_of[g] + 1]; k++)
                    if (seen[clash[k]] != 2 * lesson + writing) {
                        seen[clash[k]] = 2 * lesson + writing;
                        if (writing)
                            s->rival[total] = clash[k];
                        total++;
                    }
        }
        s->rival_from[s->lessons] = total;
        if (!writing) {
            s->rival = zeros(s, total, sizeof(int));
            if (s->failed)
                goto done;
            for (int k = 0; k < s->lessons; k++)
                seen[k] = -1;
        }
    }
done:
    free(seen);
    free(group_from);
    free(group_of);
}

static Search *begin(const void *numbers, Py_ssize_t numbers_size, const void *bits, Py_ssize_t bits_size, uint32_t seed)
{
    Search *s = calloc(1, sizeof(Search));
    if (!s)
        return NULL;
    s->numbers = malloc((size_t)numbers_size);
    s->bits = malloc((size_t)bits_size + 8);
    if (!s->numbers || !s->bits) { discard(s); return NULL; }
    memcpy(s->numbers, numbers, (size_t)numbers_size);
    memcpy(s->bits, bits, (size_t)bits_size);
    const int *h = s->numbers;
    s->lessons = h[0]; s->days = h[1]; s->hours = h[2]; s->slots = h[3]; s->words = h[4];
    s->rows = h[5]; s->rooms = h[6]; s->sets = h[7]; s->needs = h[8];
    s->closed = s->bits + h[9]; s->masks = s->bits + h[10]; s->tables = s->bits + h[11];
    const int *clash_from, *clash;
    const int **sections[] = {
        &s->duration, &s->start_from, &s->start, &s->start_cost, &s->relation_from, &s->relation_lesson,
        &s->relation_table, &s->wish_from, &s->wish_lesson, &s->wish_table, &s->wish_cost, &clash_from, &clash,
        &s->row_from, &s->row, &s->member_from, &s->member, &s->limit, &s->need_from, &s->option_from, &s->option_room,
        &s->option_cost, &s->option_mask, &s->set_from, &s->set, &s->set_member_from, &s->set_member, &s->set_limit,
        &s->order};
    for (size_t k = 0; k < sizeof sections / sizeof *sections; k++)
        *sections[k] = section(s, (int)k);
    int groups = (int)(clash - clash_from) - 1;
    find_rivals(s, clash_from, clash, groups);
    int most_needs = 1;
    for (int k = 0; k < s->lessons; k++)
        most_needs = max(most_needs, s->need_from[k + 1] - s->need_from[k]);
    int n = s->lessons;
    s->in_row = zeros(s, (int64_t)s->rows * n, 1);
    s->starts = zeros(s, (int64_t)n * s->words, sizeof(uint64_t));
    s->position = nothing(s, n);
    s->chosen = nothing(s, s->needs);
    s->busy = zeros(s, (int64_t)s->rows * s->days, sizeof(uint64_t));
    s->left = zeros(s, s->rows, sizeof(int));
    s->left_count = zeros(s, s->rows, sizeof(int));
    s->held_by = nothing(s, (int64_t)s->rooms * s->slots);
    s->set_taken = zeros(s, (int64_t)s->sets * s->slots, sizeof(int));
    s->set_left = zeros(s, s->sets, sizeof(int));
    s->weight = zeros(s, n, sizeof(int));
    s->held = zeros(s, n, sizeof(int));
    s->pool = zeros(s, n + 1, sizeof(int));
    s->best_position = nothing(s, n);
    s->best_chosen = nothing(s, s->needs);
    s->taken_count = zeros(s, s->slots, sizeof(int));
    s->taken = zeros(s, (int64_t)s->slots * MOST_OUT, sizeof(int));
    s->base = zeros(s, s->slots, sizeof(int));
    s->sorted = zeros(s, 2 * (int64_t)s->slots, sizeof(int));
    s->frame_rooms = zeros(s, (int64_t)most_needs * (DEPTH * MOST_BREADTH + 2), sizeof(int));
    if (s->failed) { discard(s); return NULL; }
    int *rooms = s->frame_rooms;
    for (int depth = 0; depth < DEPTH; depth++)
        for (int k = 0; k < MOST_BREADTH; k++, rooms += most_needs)
            s->frames[depth][k].rooms = rooms;
    s->spare.rooms = rooms;
    s->best.rooms = rooms + most_needs;
    for (int row = 0; row < s->rows; row++)
        for (int k = s->member_from[row]; k < s->member_from[row + 1]; k++) {
            s->in_row[(int64_t)row * n + s->member[k]] = 1;
            s->left[row] += s->duration[s->member[k]];
            s->left_count[row]++;
        }
    for (int set = 0; set < s->sets; set++)
        for (int k = s->set_member_from[set]; k < s->set_member_from[set + 1]; k++)
            s->set_left[set] += s->duration[s->set_member[k]];
    for (int k = 0; k < n; k++) {
        s->weight[k] = WEIGHT;
        for (int at = s->start_from[k]; at < s->start_from[k + 1]; at++)
            s->starts[k * s->words + (s->start[at] >> 6)] |= 1ULL << (s->start[at] & 63);
    }
    for (int k = n - 1; k >= 0; k--)
        into_pool(s, s->order[k]);
    s->best_left = n + 1;
    s->phase = -1;
    s->phase_length = PHASE_LENGTH;
    keep_best(s);
    s->random = seed * 2654435769u + 1;
    if (!s->random)
        s->random = 1;
    for (int k = 0; k < 8; k++)
        draw(s, 2);
    return s;
}

static const char *NAME = "moyashkola.timetable_search";

static void capsule_gone(PyObject *capsule) { discard(PyCapsule_GetPointer(capsule, NAME)); }

static PyObject *py_begin(PyObject *Py_UNUSED(self), PyObject *args)
{
    Py_buffer numbers, bits;
    unsigned int seed;
    if (!PyArg_ParseTuple(args, "y*y*I", &numbers, &bits, &seed))
        return NULL;
    Search *s = begin(numbers.buf, numbers.len, bits.buf, bits.len, seed);
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&bits);
    if (!s)
        return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(s, NAME, capsule_gone);
    if (!capsule)
        discard(s);
    return capsule;
}

/* advance(search, failures) -> lessons not placed now, at best, moves so far */
static PyObject *py_advance(PyObject *Py_UNUSED(self), PyObject *args)
{
    PyObject *capsule;
    long long failures;
    if (!PyArg_ParseTuple(args, "OL", &capsule, &failures))
        return NULL;
    Search *s = PyCapsule_GetPointer(capsule, NAME);
    if (!s)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (int64_t until = s->failures + failures; s->pool_count && s->failures < until && !s->failed;)
        step(s);
    Py_END_ALLOW_THREADS
    if (s->failed)
        return PyErr_NoMemory();
    return Py_BuildValue("iiL", s->pool_count, s->best_left, (long long)s->moves);
}

/* result(search) -> slots of lessons, rooms of needs (bytes of int), at best */
static PyObject *py_result(PyObject *Py_UNUSED(self), PyObject *capsule)
{
    Search *s = PyCapsule_GetPointer(capsule, NAME);
    if (!s)
        return NULL;
    return Py_BuildValue("y#y#", (const char *)s->best_position, (Py_ssize_t)(sizeof(int) * (size_t)s->lessons),
                         (const char *)s->best_chosen, (Py_ssize_t)(sizeof(int) * (size_t)s->needs));
}

static PyMethodDef METHODS[] = {
    {"begin", py_begin, METH_VARARGS, "begin(numbers, bits, seed): a search with nothing placed."},
    {"advance", py_advance, METH_VARARGS, "advance(search, failures): go on until so many chains more failed."},
    {"result", py_result, METH_O, "result(search): the best so far."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot SLOTS[] = {{0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "kernel", NULL, 0, METHODS, SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_kernel(void) { return PyModuleDef_Init(&MODULE); }
