"""Whether each door's ins and outs of a week are to each other as they used to be."""

from __future__ import annotations

from sensource_dagster.checks.door_days import OF_EACH_DAY, read_door_days
from sensource_dagster.checks.judgement import Check, Judgement
from sensource_dagster.checks.reading import Reading
from sensource_dagster.config.settings import Settings
from sensource_dagster.contract.plurals import counted

_WEEKS = 12
_LEAST = 100
_ADVICE = "Look for a sensor that counts one direction only or was turned round."


def ins_and_outs_agree(settings: Settings) -> Check:
    percent = settings.balance_threshold

    def judge(reading: Reading) -> Judgement:
        return _judge(reading, percent)

    return Check(
        "ins_and_outs_agree",
        "Each day is judged by the week that ends with it. A door fails if the ratio of its ins to its outs in "
        f"this week differs by more than SENSOURCE_BALANCE_THRESHOLD ({percent} %) from its usual one, which is "
        f"the median of the {_WEEKS} weeks before. A door also fails if its sensor seems to be turned round: "
        "people now leave before they come, and used to come first, or the other way round. The difference must "
        "be more than chance explains, so a door with few people has to differ by more. A door that has always "
        f"been uneven passes. The check does not judge weeks with fewer than {_LEAST} people, doors with fewer "
        "than three such weeks before, and days that are not over. After a repair the door passes when most of "
        "its week lies behind it.",
        judge,
        aggregates=OF_EACH_DAY,
        days_before=7 * _WEEKS + 6,
    )


def _judge(reading: Reading, percent: int) -> Judgement:
    closed = reading.days.closed
    if not closed:
        return Judgement(f"Nothing to judge yet: no day of {reading.days} is over.")
    read_door_days(reading)
    findings = reading.findings(
        f"{_WEEKLY} WHERE day IN (SELECT unnest($closed::DATE[])) AND (percent > $percent AND off OR turned)",
        order="day, percent DESC, zone_id",
        values={"closed": closed, "percent": percent},
    )
    sentence = (
        f"On {counted(findings.total, 'door day')} of {reading.days} the ins and outs of a door's week do not "
        f"agree as usual. {_ADVICE}"
        if findings
        else f"On each day of {reading.days} the ins and outs of each door's week agree as usual."
    )
    return Judgement(sentence, {"unbalanced_door_days": findings.total}, findings)


# `side` is the share of the ins. `lag` says by how many hours the mean out is later than the mean in: people leave
# after they came, so it tells the two directions apart at a door with as many ins as outs.
_WEEKLY = f"""
    WITH week AS (
        SELECT zone_id, day, name, sum(ins) OVER week AS ins, sum(outs) OVER week AS outs,
               sum(hours_of_ins) OVER week AS hours_of_ins, sum(hours_of_outs) OVER week AS hours_of_outs
        FROM temp.traffic_daily WHERE ins IS NOT NULL AND outs IS NOT NULL
        WINDOW week AS (
            PARTITION BY zone_id ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)),
    weekly AS (
        SELECT *, ins / (ins + outs) AS side, hours_of_outs / outs - hours_of_ins / ins AS lag
        FROM week WHERE ins + outs >= {_LEAST}),
    past AS (
        SELECT *, median(side) OVER past AS usual_side, median(lag) OVER past AS usual_lag,
               count(*) OVER past AS weeks
        FROM weekly
        WINDOW past AS (
            PARTITION BY zone_id, isodow(day) ORDER BY day
            RANGE BETWEEN INTERVAL {7 * _WEEKS} DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING)),
    compared AS (
        SELECT zone_id, name, day, ins::BIGINT AS ins, outs::BIGINT AS outs,
               round(100 * side, 1) AS percent_ins, round(100 * usual_side, 1) AS usual_percent_ins,
               side * (1 - usual_side) AS one, usual_side * (1 - side) AS other,
               round(100 * (1 - least(one, other) / greatest(one, other)), 1) AS percent,
               abs(side - usual_side) > 2.5 / sqrt(ins + outs) AS off,
               coalesce(abs(usual_lag) >= 0.25 AND lag / usual_lag <= -0.5
                        AND abs(lag - usual_lag) > 17.5 * sqrt(1 / ins + 1 / outs), false) AS turned
        FROM past WHERE weeks >= 3)
    SELECT * EXCLUDE (one, other, off) FROM compared"""
