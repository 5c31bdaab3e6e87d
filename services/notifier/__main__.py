"""python -m services.notifier"""

from services.notifier.service import service
from shared.service import main

main(service)
