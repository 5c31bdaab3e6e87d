"""python -m services.recorder"""

from services.recorder.service import service
from shared.service import main

main(service)
