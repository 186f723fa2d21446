"""A notebook by Airflow's PapermillOperator.  Prefer airflow_bash.py: this way has none of fanecon's guarantees.

papermill takes the default where a parameter is misspelt, marks cells that never ran as completed when the kernel has
died, writes over yesterday's notebook while it works, knows no limit of time or memory for the run, and shows the
values of secrets.  So the page that is made of its notebook says that the status of the run is unknown, and
`fanecon verify` does not take it for a complete one.

The notebook runs in a kernel named `fanecon`, made once in the environment of fanecon and seen by Airflow's:

    /srv/fanecon/.venv/bin/python -m ipykernel install --prefix /usr/local --name fanecon
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.trigger import CronTriggerTimetable

HOME = os.environ.get("FANECON_HOME", "/srv/fanecon")
NOTEBOOK = os.environ.get("NOTEBOOK", f"{HOME}/notebooks/00_start_here.ipynb")

with DAG(
    "fanecon_papermill",
    schedule=CronTriggerTimetable("17 6 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
):
    notebook = PapermillOperator(
        task_id="notebook",
        input_nb=NOTEBOOK,
        output_nb=f"{HOME}/papermill/{{{{ run_id }}}}.ipynb",  # one for each run, or a failed one is written over
        parameters={"level": 0.95},
        kernel_name="fanecon",
        language_name="python",  # of a notebook that does not say so
        execution_timeout=timedelta(hours=1),
    )
    page = BashOperator(
        task_id="page",
        bash_command='exec "$HOME_OF_FANECON/.venv/bin/jupyter" nbconvert --to fanecon "$DONE" --output-dir "$PAGES"',
        env={
            "HOME_OF_FANECON": HOME,
            "DONE": f"{HOME}/papermill/{{{{ run_id }}}}.ipynb",
            "PAGES": f"{HOME}/papermill",
        },
        append_env=True,
    )
    notebook >> page
