"""Run the receiver as a process of its own."""

from services.receiver.service import service
from shared.service import main

main(service)
