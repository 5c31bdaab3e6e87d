"""python -m services.router"""

from services.router.service import service
from shared.service import main

main(service)
