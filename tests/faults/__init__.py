"""Real processes under load, while servers and processes are killed: nothing acknowledged is lost, nothing done twice.

python -m tests.faults --seed 7 --seconds 60

plan.py        what goes wrong and when, from a seed
servers.py     a PostgreSQL and a Valkey that can be killed and started anew
processes.py   `jejak serve` and `jejak worker`, started anew whenever they end
launcher.py    what those processes run: the command, with a clock that can be set
world.py       units and people to begin with
client.py      asks until it is answered, at whichever API lives
load.py        what people do meanwhile, and what they were told was done
checks.py      the database held against that; reminders.py the notices that must be there
receivers.py   a mail server and a receiver of webhooks with bad moments; deliveries.py what must have come there
run.py         all of it, one after the other
"""
