"""python -m services.heartbeat"""

from services.heartbeat.service import service
from shared.service import main

main(service)
