"""Composition root of background work: every job, schedule and kind of mail in one table."""

from handstamp.analytics import count_sales, recount_event
from handstamp.audit import chain_entries
from handstamp.auth import team_mails
from handstamp.auth.request_sign_in import MAIL as SIGN_IN_MAIL
from handstamp.auth.request_sign_in import prepare_sign_in
from handstamp.checkin import check_logs, door_jobs, follow_pool
from handstamp.clubs import club_mails
from handstamp.fraud import look_for_signals
from handstamp.kit.clock import HOUR, MINUTE
from handstamp.mail.deliver_mail import BATCHES, HELD, deliver_with
from handstamp.mail.prepared import Kinds, Prepare
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.moderation import review_mails
from handstamp.notices import (
    cancel_run,
    declare_capacity,
    new_date_mails,
    notice_mails,
    shortfall_mails,
    shortfall_run,
    tell_holders,
)
from handstamp.orders import (
    expire_orders,
    export_mails,
    order_mails,
    run_schedules,
    send_reminders,
)
from handstamp.orders.fulfil_order import REFUND_JOB
from handstamp.payments import refresh_account
from handstamp.payments.charge_saved_card import AT_ONCE
from handstamp.plumbing import prune
from handstamp.plumbing.jobs import Batch, Handler, Worker
from handstamp.plumbing.schedule import Cron
from handstamp.plumbing.web import Services
from handstamp.pool import assign_tickets, count_events, rotate_key
from handstamp.preorders import (
    auto_fill,
    charge_mails,
    charge_preorder,
    charge_run,
    close_run,
    credential_mails,
    end_preorders,
    hand_over,
    preorder_mails,
    push,
    recover_payment,
    saved_cards,
    waiting_mails,
    watch_charges,
)
from handstamp.preorders.fulfil_preorder import REFUND_JOB as REFUND_PREORDER_JOB
from handstamp.privacy import repeat_erasures
from handstamp.refunds import (
    dispute_mails,
    failure_mails,
    refund_order,
    refund_preorder,
    remind_disputes,
    send_refund,
)
from handstamp.selftest import run_self_test
from handstamp.selftest.begin import JOB as SELF_TEST
from handstamp.transfers import transfer_mails
from handstamp.waitlist import forget_old, offer_tickets, waitlist_mails
from handstamp.webhooks import (
    catch_up,
    forget_person,
    prune_events,
    stripe_dispatch,
    stripe_inbox,
)

MAILS: dict[str, Prepare] = {
    SIGN_IN_MAIL: prepare_sign_in,
    **team_mails.PREPARERS,
    **order_mails.PREPARERS,
    **export_mails.PREPARERS,
    **club_mails.PREPARERS,
    **waitlist_mails.PREPARERS,
    **preorder_mails.PREPARERS,
    **charge_mails.PREPARERS,
    **waiting_mails.PREPARERS,
    **credential_mails.PREPARERS,
    **notice_mails.PREPARERS,
    **new_date_mails.PREPARERS,
    **shortfall_mails.PREPARERS,
    **review_mails.PREPARERS,
    **dispute_mails.PREPARERS,
    **failure_mails.PREPARERS,
    **transfer_mails.PREPARERS,
}

MAIL_KINDS = Kinds(MAILS, credential_mails.GATHERERS, credential_mails.FOLLOWERS)

JOBS: dict[str, Handler | Batch] = {
    SEND_MAIL: deliver_with(MAIL_KINDS),
    prune.JOB: prune.prune,
    chain_entries.JOB: chain_entries.chain_entries,
    door_jobs.REBUILD: door_jobs.rebuild_snapshots,
    door_jobs.PRUNE: door_jobs.prune_door,
    check_logs.JOB: check_logs.check_logs,
    follow_pool.JOB: follow_pool.follow_pool,
    offer_tickets.OFFER_JOB: offer_tickets.offer_by_job,
    offer_tickets.SWEEP_JOB: offer_tickets.sweep_lists,
    forget_old.FORGET_JOB: forget_old.forget_old,
    expire_orders.EXPIRE_JOB: expire_orders.expire_order,
    expire_orders.SWEEP_JOB: expire_orders.sweep_orders,
    expire_orders.FORGET_JOB: expire_orders.forget_buyers,
    send_reminders.JOB: send_reminders.send_reminders,
    run_schedules.JOB: run_schedules.run_schedules,
    refresh_account.JOB: refresh_account.refresh,
    end_preorders.ENDED_JOB: end_preorders.end_preorders,
    end_preorders.DRAFTS_JOB: end_preorders.drop_drafts,
    saved_cards.DETACH_JOB: saved_cards.detach_card,
    push.JOB: push.send_notice,
    assign_tickets.ASSIGN: assign_tickets.assign_tickets,
    hand_over.HAND_OVER: hand_over.hand_over,
    auto_fill.AUTO_FILL: auto_fill.auto_fill,
    charge_run.CHARGE_JOB: charge_preorder.charge_preorder,
    charge_run.FINISH_JOB: close_run.finish_run,
    recover_payment.RECOVERY_JOB: recover_payment.end_recovery,
    watch_charges.CLOCK_JOB: watch_charges.start_due_runs,
    watch_charges.SWEEP_JOB: watch_charges.sweep_charges,
    rotate_key.JOB: rotate_key.reseal,
    count_events.JOB: count_events.count_events,
    count_sales.JOB: count_sales.count_sales,
    recount_event.JOB: recount_event.recount_event,
    stripe_inbox.JOB: stripe_dispatch.dispatch,
    catch_up.JOB: catch_up.catch_up,
    catch_up.ACCOUNT_JOB: catch_up.catch_up_account,
    prune_events.JOB: prune_events.prune,
    forget_person.JOB: forget_person.forget_events,
    look_for_signals.JOB: look_for_signals.look_for_signals,
    SELF_TEST: run_self_test.run_by_job,
    repeat_erasures.JOB: repeat_erasures.keep_journal,
    REFUND_JOB: refund_order.refund_late_payment,
    REFUND_PREORDER_JOB: refund_preorder.refund_by_job,
    send_refund.SEND_JOB: send_refund.send_refund,
    remind_disputes.JOB: remind_disputes.remind_disputes,
    cancel_run.CANCEL_JOB: cancel_run.cancel_run,
    declare_capacity.JOB: shortfall_run.shortfall_run,
    tell_holders.TELL_JOB: tell_holders.tell_holders,
}

CRONS: list[Cron] = [
    Cron("prune", prune.JOB, every=HOUR),
    Cron("chain_audit", chain_entries.JOB, every=MINUTE),
    Cron("prune_door", door_jobs.PRUNE, every=HOUR),
    Cron("check_logs", check_logs.JOB, every=HOUR),
    Cron("rebuild_snapshots", door_jobs.REBUILD, every=5 * MINUTE),
    Cron("count_sales", count_sales.JOB, every=count_sales.EVERY),
    Cron("sweep_orders", expire_orders.SWEEP_JOB, every=MINUTE),
    Cron("sweep_lists", offer_tickets.SWEEP_JOB, every=MINUTE),
    Cron("forget_waiting", forget_old.FORGET_JOB, every=HOUR),
    Cron("forget_buyers", expire_orders.FORGET_JOB, every=HOUR),
    Cron("send_reminders", send_reminders.JOB, every=send_reminders.EVERY),
    Cron("run_schedules", run_schedules.JOB, every=run_schedules.EVERY),
    Cron("remind_disputes", remind_disputes.JOB, every=remind_disputes.EVERY),
    Cron("drop_drafts", end_preorders.DRAFTS_JOB, every=HOUR),
    Cron("charge_clock", watch_charges.CLOCK_JOB, every=MINUTE),
    Cron("sweep_charges", watch_charges.SWEEP_JOB, every=MINUTE),
    Cron("count_pool", count_events.JOB, every=count_events.EVERY),
    Cron("catch_up", catch_up.JOB, every=catch_up.EVERY),
    Cron("prune_events", prune_events.JOB, every=HOUR),
    Cron("look_for_signals", look_for_signals.JOB, every=look_for_signals.EVERY),
    Cron("keep_journal", repeat_erasures.JOB, every=HOUR),
]

CHARGES = (charge_run.CHARGE_JOB,)


def workers_of(services: Services) -> list[Worker]:
    """Return what works in one process: charges and mails by themselves, so that nothing waits.

    A run's charges mostly wait for Stripe, mails for the mail server; a mail of a charge has a PDF
    that must be drawn.
    """
    apart = (*CHARGES, SEND_MAIL)
    charges = {kind: JOBS[kind] for kind in CHARGES}
    mails = {SEND_MAIL: JOBS[SEND_MAIL]}
    rest = {kind: handler for kind, handler in JOBS.items() if kind not in apart}
    return [
        Worker(services, rest, CRONS),
        Worker(services, charges, concurrency=AT_ONCE),
        Worker(services, mails, concurrency=BATCHES, batch=HELD),
    ]
