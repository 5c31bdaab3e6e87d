"""python -m services.grouper"""

from services.grouper.service import service
from shared.service import main

main(service)
