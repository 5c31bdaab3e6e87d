"""python -m services.escalator"""

from services.escalator.service import service
from shared.service import main

main(service)
