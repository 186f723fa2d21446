"""The reports as one task of Airflow: everything that fanecon promises holds, since fanecon itself runs them.

Put this file into the folder of DAGs.  Airflow and fanecon live in environments of their own; FANECON names the
command, REPORTS the file that lists the reports.  Airflow keeps the log of the task, plain lines, one per event.

A task fails with every exit code but 0, so also with 3, a threshold that was breached: somebody wanted to be told.
There are no retries: data that are invalid stay so, and for another run of the same page `wait` in reports.yaml waits.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.trigger import CronTriggerTimetable

with DAG(
    "fanecon_reports",
    schedule=CronTriggerTimetable("17 6 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # reports of days that are over would show the data of today
    max_active_runs=1,
    default_args={"retries": 0},
):
    BashOperator(
        task_id="reports",
        # exec: the signal by which Airflow stops a task reaches fanecon itself, which marks its runs failed
        bash_command='exec "$FANECON" run-all "$REPORTS"',
        env={
            "FANECON": os.environ.get("FANECON", "/srv/fanecon/.venv/bin/fanecon"),
            "REPORTS": os.environ.get("REPORTS", "/srv/fanecon/reports.yaml"),
        },
        append_env=True,  # FANECON_KEY and what env:NAME stands for
        execution_timeout=timedelta(hours=3),
    )
