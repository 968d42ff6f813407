"""Which function carries out which command.  Each runs in the writer's thread, inside its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sqlite3 import Connection
from typing import Any

from rekuest.server.store import commands
from rekuest.server.store.sqlite import (
    agent,
    app,
    assignation,
    identity,
    log,
    provision,
    reservation,
    template,
)

__all__ = ["CARRY_OUT", "IF_VIOLATED"]

CARRY_OUT: Mapping[type, Callable[[Connection, Any], Any]] = {
    commands.SaveOrganization: identity.save_organization,
    commands.SaveUser: identity.save_user,
    commands.SaveClient: identity.save_client,
    commands.TouchClient: identity.touch_client,
    commands.RevokeClient: identity.revoke_client,
    commands.SaveApp: app.save_app,
    commands.ClaimAgent: agent.claim_agent,
    commands.RenewLeases: agent.renew_leases,
    commands.ChangeAgent: agent.change_agent,
    commands.ReplaceDeclaration: template.replace_declaration,
    commands.SaveProvision: provision.save_provision,
    commands.ChangeProvision: provision.change_provision,
    commands.SaveReservation: reservation.save_reservation,
    commands.ChangeReservation: reservation.change_reservation,
    commands.LinkProvision: reservation.link_provision,
    commands.SaveDecision: reservation.save_decision,
    commands.AcceptCall: assignation.accept_call,
    commands.ChangeCall: assignation.change_call,
    commands.SaveLogs: log.save_logs,
    commands.SaveProgress: log.save_progress,
}

# What a command answers if it violates a unique index; any other command is at fault then.
IF_VIOLATED: Mapping[type, Any] = {
    # The agent's event is stored already, or the call has ended: it is not where the decision saw it.
    commands.ChangeCall: commands.Outcome.MOVED_ON,
}
