"""python -m services.renderer"""

from services.renderer.service import service
from shared.service import main

main(service)
