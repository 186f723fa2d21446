"""The answers to the notebooks' exercises, with a hint for each usual mistake.

A reader learns from the mistake that was made, so a wrong answer is compared with the wrong ways to get there before
it is called wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fanecon.schema import ParameterError, closest


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One question's answer, how near is near enough, and what each usual mistake gives."""

    answer: float
    within: float
    why: str
    mistakes: tuple[tuple[float, str], ...]


EXERCISES = {
    "start_1": Exercise(
        answer=0.04,
        within=0.0005,
        why="12 sharers of 300 readers: people of people.",
        mistakes=(
            (12 / 390, "That divides people by times. How many people read it?"),
            (15 / 390, "That is shares per read, a ratio of acts. The question asks for a proportion of people."),
            (15 / 300, "Shares are acts; the numerator must count people too."),
            (4.0, "Right digits, but type the proportion: 0.04 is 4 %."),
        ),
    ),
    "start_2": Exercise(
        answer=500,
        within=0,
        why="Everybody who read A may be among the readers of B.",
        mistakes=(
            (800, "That adds people over articles. Who read both is one person."),
            (300, "At least as many as the larger article had."),
            (200, "That is the least number who read only B."),
        ),
    ),
    "start_3": Exercise(
        answer=0.161,
        within=0.002,
        why="Nobody of 20 still leaves room for one reader in six.",
        mistakes=(
            (0.0, "That is Wald's interval, which has no width at 0 of n. Try fe.stats.wilson(0, 20).high."),
            (0.168, "That is the exact interval; it covers more than it promises. Try fe.stats.wilson."),
            (16.1, "Right digits, but type the proportion: 0.161 is 16.1 %."),
        ),
    ),
    "engine_1": Exercise(
        answer=100 * (1 - math.exp(-1)),
        within=0.3,
        why="Each task meets 1 - 1/e of the accounts, and there are 100 tasks.",
        mistakes=(
            (1, "That is what comes home. Each task sends a row for every account that it has met."),
            (100, "Each task sends at most one row for an account, and does not meet all of them."),
            (0.632, "That is one task. There are 100 of them."),
            (63_212_056, "Right number; type it in millions."),
        ),
    ),
    "engine_2": Exercise(
        answer=100,
        within=0,
        why="A gap needs both of its acts in one place, so every act travels.",
        mistakes=(
            (63.2, "That would do for sums. Can a machine know a gap whose acts lie on two machines?"),
            (1, "That is what comes home."),
            (100_000_000, "Right number; type it in millions."),
        ),
    ),
    "engine_3": Exercise(
        answer=20,
        within=1,
        why="The reach doubles in every round, and 2 to the 20th is a million.",
        mistakes=(
            (1000, "That is the square root. The reach doubles in every round."),
            (500_000, "The reach doubles in every round: it does not grow by one."),
            (13.8, "That is the natural logarithm. The reach doubles, so take the logarithm to base 2."),
        ),
    ),
    "open_rate_1": Exercise(
        answer=28,
        within=0.1,
        why="(30 - 2) / (3 - 2) = 28 times the founders, founders included.",
        mistakes=(
            (10, "That would do if newcomers never opened. Here they open at 2 %."),
            (27, "That is the newcomers alone. The audience holds the founders too."),
            (14, "Divide by how far 3 % lies above the newcomers' 2 %, not by the 2 % itself."),
        ),
    ),
    "open_rate_2": Exercise(
        answer=-5.55,
        within=0.01,
        why="-0.3 x 27.5 % + 0.3 x 9 % = -5.55 points.",
        mistakes=(
            (-6.0, "That weighs with the old rates. Kitagawa takes the mean of the old and the new rate."),
            (-5.1, "That weighs with the new rates. Kitagawa takes the mean of the old and the new rate."),
            (-3.05, "That is the other term: the rates changed. How much came from the weights?"),
            (-8.6, "That is the whole change. How much of it came from the weights?"),
            (-0.0555, "Right digits, but type percentage points: -0.01 is -1 point."),
            (5.55, "Mind the sign: the group that opens less has grown."),
        ),
    ),
    "open_rate_3": Exercise(
        answer=0.2,
        within=0.001,
        why="0.6 x 0.2 / 1.2 = 10 %.",
        mistakes=(
            (1 / 6, "That is 10 / 60. Growth stands below the line too: 0.6 g / (g + 1) = 0.1."),
            (0.1, "That is the open rate. Which growth g gives it: 0.6 g / (g + 1) = 0.1?"),
            (20.0, "Right digits, but type the rate per month: 0.2 is 20 %."),
            (3.4657, "That is the doubling time in months. The question asks for the growth rate."),
        ),
    ),
    "hunters_1": Exercise(
        answer=20,
        within=0.05,
        why="1,400 yuan over the 70 who are still there.",
        mistakes=(
            (1.4, "That is the price of a joiner. How many of them are still there?"),
            (1000 / 70, "The hours are part of the bill: 8 of them at 50 yuan."),
            (1, "That is the report of the campaign: no hours, and everybody counts who ever joined."),
        ),
    ),
    "hunters_2": Exercise(
        answer=0.045 / 0.0925,
        within=0.002,
        why="4.5 % of all are hunters who are flagged, 4.75 % are others who are.",
        mistakes=(
            (0.9, "That is the share of hunters who are flagged. Of the flagged, how many are hunters?"),
            (0.95, "That is the share of the others who are left in peace."),
            (0.045, "Those are the flagged hunters among all accounts. Divide by all who are flagged."),
            (48.6, "Right digits, but type the proportion: 0.486 is 48.6 %."),
        ),
    ),
    "hunters_3": Exercise(
        answer=0.07 / 0.85,
        within=0.001,
        why="(0.12 + 0.95 − 1) ÷ (0.90 + 0.95 − 1).",
        mistakes=(
            (0.12, "That is the share of flags. Some flags are false, and some hunters have none."),
            (
                0.07,
                "That takes the false alarms off; divide by 0.85 for those who were missed and those it cannot hit.",
            ),
            (0.12 / 0.9, "That adds the hunters who were missed but keeps the false alarms."),
            (8.24, "Right digits, but type the proportion: 0.0824 is 8.24 %."),
        ),
    ),
    "lottery_1": Exercise(
        answer=0.05,
        within=0.0005,
        why="80 of the 1,600 by which the peak stands above an ordinary day.",
        mistakes=(
            (280 / 1800, "Take the ordinary day off first, above and below the line."),
            (80 / 1800, "The height of the peak is measured from the ordinary day, not from zero."),
            (1.4, "That is how a mean day after compares with an ordinary one."),
            (5, "Right digits, but type the proportion: 0.05 is 5 %."),
        ),
    ),
    "lottery_2": Exercise(
        answer=620,
        within=0,
        why="900 on the day, less the 280 that the week after went without.",
        mistakes=(
            (900, "That is the day alone. Part of it was taken from the week after."),
            (860, "There are seven such days."),
            (1180, "The days after lie below the expectation: they count against the campaign."),
            (280, "That is what the week after went without."),
        ),
    ),
    "lottery_3": Exercise(
        answer=0.04,
        within=0.0005,
        why="One of 25 days, the real one included.",
        mistakes=(
            (0, "The real day is one of those compared, and it reaches itself."),
            (1 / 24, "The real day is one of those compared: there are 25."),
            (4, "Right digits, but type the proportion: 0.04 is 4 %."),
        ),
    ),
    "life_1": Exercise(
        answer=12 * math.log2(10),
        within=0.2,
        why="A tenth is left after 3.32 halvings of 12 hours.",
        mistakes=(
            (21.6, "That spreads the fall evenly. After a second 12 hours a quarter is left, not nothing."),
            (10.8, "That is nine tenths of the half-life. How many halvings leave a tenth?"),
            (60, "Five halvings leave a thirty-second. How many leave a tenth?"),
            (48, "Four halvings leave a sixteenth, a little less than a tenth."),
            (36, "Three halvings leave an eighth, a little more than a tenth."),
            (12 * math.log(10), "Halvings are counted with the logarithm to base 2."),
        ),
    ),
    "life_2": Exercise(
        answer=48 / math.log2(20),
        within=0.1,
        why="A twentieth is left after 4.32 halvings; 48 hours ÷ 4.32 is one of them.",
        mistakes=(
            (48, "That reads two days as T50. Here 95 of 100 have come after two days."),
            (24, "That would be T75: two halvings leave a quarter."),
            (48 / math.log2(10), "That reads two days as T90. A twentieth is left, not a tenth."),
            (0.4627, "Right, in days. Type it in hours."),
        ),
    ),
    "life_3": Exercise(
        answer=2 * math.log2(10),
        within=0.02,
        why="The curve's own T90 is 3.32 half-lives; the window does not shorten the life.",
        mistakes=(
            (4.955, "That is T90 of what came within the week. The rest is still to come."),
            (6.3, "That is nine tenths of the week."),
            (7, "That is where the watching ended, not the life."),
            (2 * math.log(10), "Halvings are counted with the logarithm to base 2."),
        ),
    ),
    "overload_1": Exercise(
        answer=10 * 20 / 55,
        within=0.01,
        why="Your five further posts make the feed 55 long, and each post has 20 chances in 55.",
        mistakes=(
            (4, "Your own posts make the feed longer too: it is 55 items now, not 50."),
            (2, "That is what the reader saw before: 5 of 50. Now it is 10 of 55."),
            (10, "The reader looks at 20 of 55 items, not at all of them."),
            (20 / 55, "That is the chance of one post. You have ten."),
            (5, "Twice the posts, but not twice a feed: which share of 55 items is yours, of 20 looks?"),
        ),
    ),
    "overload_2": Exercise(
        answer=20,
        within=0.1,
        why="The square root of 0.04 is 0.2.",
        mistakes=(
            (4, "That is order without effect. Attachment gives the square root."),
            (7.84, "That is longer lives alone, 2f - f². Attachment gives the square root."),
            (0.2, "Right digits, but type per cent: 0.2 is 20 %."),
            (2, "Take the root of the proportion: the root of 0.04, not of 4."),
            (0.16, "That is the square. Attachment gives the square root."),
        ),
    ),
    "overload_3": Exercise(
        answer=159 / 80,
        within=0.01,
        why="159 followers per pioneer that entered, 80 per later account that entered.",
        mistakes=(
            (3, "That counts those who are left. The 47 dead pioneers have 0 followers each."),
            (80 / 159, "That is the later ones in times the pioneers. The question asks the other way round."),
            (0.6625, "That compares how many are left. Multiply with their followers."),
            (159 / 100, "The dead among the later accounts count as well: 720 of 900 are left."),
        ),
    ),
    "rainbow_bus_1": Exercise(
        answer=1 - (500 + 279.9 * 3365 / 37443) / 3365,
        within=0.002,
        why="500 paid shares and 25 by the opening subscribers were not begotten by a share.",
        mistakes=(
            (1 - 500 / 3365, "The subscribers who opened the article shared too: add 280 × 3,365 ÷ 37,443 shares."),
            ((500 + 25.15) / 3365, "That is the imported part. R is the rest of the shares."),
            (1 - 500 / 37443, "Paid *shares* are a part of the shares, not of the reads."),
        ),
    ),
    "rainbow_bus_2": Exercise(
        answer=1 - (1 - 0.0065) ** 50,
        within=0.003,
        why="The best of 50 misses only if all 50 miss.",
        mistakes=(
            (50 * 0.0065, "Adding chances counts the lucky pairs twice. What is the chance that all 50 miss?"),
            (0.0065, "That is the chance of one article chosen beforehand, not of the best one."),
            ((1 - 0.0065) ** 50, "That is the chance that all 50 miss. The question asks for the opposite."),
        ),
    ),
    "rainbow_bus_3": Exercise(
        answer=26.0,
        within=0.1,
        why="1,300 yuan for 1,000 joiners of whom one in twenty is left.",
        mistakes=(
            (1.3, "That is the cost per joiner. Only 5 % of the joiners are left."),
            (20.0, "Count the staff day too: 1,000 + 300 yuan."),
            (0.065, "Divide by the share that stays, do not multiply."),
        ),
    ),
}


def check(name: str, answer: float | None) -> str:
    """Whether an exercise's answer is right; if not, a hint that fits the mistake.

    Parameters
    ----------
    name
        The exercise, for example ``"start_1"``.
    answer
        A number in the unit that the exercise asks for, or None while there is no answer yet.

    Raises
    ------
    ParameterError
        If no exercise has this name.

    Examples
    --------
    >>> check("start_2", 800)
    'Not yet. That adds people over articles. Who read both is one person.'
    """
    if name not in EXERCISES:
        raise ParameterError(
            f"There is no exercise '{name}'. {closest(name, EXERCISES)}There are: {', '.join(EXERCISES)}."
        )
    exercise = EXERCISES[name]
    if answer is None:
        return "Type your answer in place of None and run the cell again."
    if not isinstance(answer, int | float) or isinstance(answer, bool) or not math.isfinite(answer):
        return f"Type a number; found {answer!r}."
    if abs(answer - exercise.answer) <= exercise.within:
        return f"Right. {exercise.why}"
    near = max(exercise.within, 0.01 * abs(exercise.answer))
    hints = [hint for wrong, hint in exercise.mistakes if abs(answer - wrong) <= min(near, 0.01 * abs(wrong) + 1e-9)]
    return f"Not yet. {hints[0]}" if hints else "Not yet. Look at the example above and try again."
