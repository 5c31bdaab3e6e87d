"""python -m services.chatops_publisher"""

from services.chatops_publisher.service import service
from shared.service import main

main(service)
