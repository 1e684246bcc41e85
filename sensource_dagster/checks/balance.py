"""Whether about as many people leave as enter."""

from __future__ import annotations

from sensource_dagster.checks.judgement import Check, Judgement, counted
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import Settings

_LEAST = 100


def ins_and_outs_agree(settings: Settings) -> Check:
    percent = settings.balance_threshold

    def judge(reading: Reading) -> Judgement:
        return _judge(reading, percent)

    return Check(
        "ins_and_outs_agree",
        "A day fails if the ins and outs of all zones together differ by more than SENSOURCE_BALANCE_THRESHOLD "
        f"({percent} %) of the larger and by at least {_LEAST} people. A single zone may be one-way. At real "
        "doors 15 % are normal. Days that are not over or have only one of the two are not judged.",
        judge,
        aggregates={"sumins": "sum(sumins)", "sumouts": "sum(sumouts)"},
    )


def _judge(reading: Reading, percent: int) -> Judgement:
    closed = reading.days.closed
    if not closed:
        return Judgement(f"Nothing to judge yet: no day of {reading.days} is over.")
    findings = reading.findings(
        f"""SELECT day, sum(sumins)::BIGINT AS ins, sum(sumouts)::BIGINT AS outs,
               abs(ins - outs) AS difference, round(100 * difference / greatest(ins, outs), 1) AS percent
        FROM {reading.daily} WHERE judged AND day IN (SELECT unnest($closed::DATE[]))
        GROUP BY 1 HAVING difference >= {_LEAST} AND 100 * difference > $percent * greatest(ins, outs)""",
        order="day",
        values={"closed": closed, "percent": percent},
    )
    sentence = (
        f"On {counted(findings.total, 'day')} of {reading.days} the ins and outs of all zones differ by more than "
        f"{percent} % of the larger. Look for a sensor that counts one direction only or has the directions "
        "reversed."
        if findings
        else f"The ins and outs of each day of {reading.days} differ by at most {percent} % or by a few people."
    )
    return Judgement(sentence, {"unbalanced_days": findings.total}, findings)
