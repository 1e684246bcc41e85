"""The modules that are mutated, and the tests of `make test` that are to notice.

They are few for each module, so that a mutant costs seconds. That all tests together would notice says less. The
module's own come first, since they notice most.
"""

TESTS: dict[str, list[str]] = {
    "vea/windows.py": ["vea/test_windows.py"],
    "vea/window_plan.py": ["vea/test_window_plan.py"],
    "vea/window_sizes.py": ["vea/test_window_sizes.py"],
    "vea/tokens.py": ["vea/test_tokens.py", "vea/test_minting.py", "vea/test_second_token.py"],
    "vea/token_file.py": ["vea/test_token_file.py", "vea/test_token_shares.py"],
    "contract/frames.py": ["contract/test_frames.py", "contract/test_rejection.py"],
    "warehouse/corrections.py": ["warehouse/test_corrections.py", "warehouse/test_vanished_rows.py"],
    "warehouse/vanished.py": ["warehouse/test_vanished_rows.py"],
    "warehouse/confirmations.py": ["warehouse/test_confirmations.py"],
    "warehouse/merge.py": [
        "warehouse/test_merge.py",
        "warehouse/test_merge_of_lists.py",
        "warehouse/test_merge_into_changed_tables.py",
        "warehouse/test_older_responses.py",
        "warehouse/test_rejected.py",
        "warehouse/test_run_metadata.py",
        "warehouse/test_vanished_rows.py",
    ],
    "assets/partition_history.py": ["assets/test_partition_history.py", "automation/test_missed_days.py"],
    "instance/launcher.py": ["instance/test_launcher.py"],
    "instance/life_lock.py": ["instance/test_launcher.py"],
    "instance/run_retries.py": ["instance/test_decisions_of_retries.py", "instance/test_run_retries.py"],
    "automation/nightly_days.py": ["automation/test_missed_days.py", "automation/test_split_days.py"],
    "automation/failing_days.py": ["automation/test_failing_days.py"],
    "automation/schedules.py": [
        "automation/test_schedules.py",
        "automation/test_backfills_under_way.py",
        "automation/test_missed_days.py",
    ],
    "checks/affected.py": [
        "checks/test_impossible_values.py",
        "checks/test_outages.py",
        "checks/test_entities.py",
    ],
    "checks/asset_checks.py": ["checks/test_asset_checks.py"],
    "checks/balance.py": ["checks/test_balance.py"],
    "checks/completeness.py": ["checks/test_completeness.py"],
    "checks/door_days.py": ["checks/test_balance.py", "checks/test_doors.py"],
    "checks/doors.py": ["checks/test_doors.py"],
    "checks/entities.py": ["checks/test_entities.py"],
    "checks/freshness.py": ["checks/test_freshness.py"],
    "checks/future_hours.py": ["checks/test_future_hours.py"],
    "checks/impossible_values.py": ["checks/test_impossible_values.py"],
    "checks/judged_days.py": ["checks/test_judged_days.py"],
    "checks/judgement.py": ["checks/test_keys.py", "checks/test_rejections.py"],
    "checks/keys.py": ["checks/test_keys.py"],
    "checks/not_judged.py": ["checks/test_not_judged.py"],
    "checks/outages.py": ["checks/test_outages.py"],
    "checks/reading.py": ["checks/test_keys.py", "checks/test_entities.py"],
    "checks/rejections.py": ["checks/test_rejections.py"],
    "checks/under_way.py": ["automation/test_backfills_under_way.py", "automation/test_schedules.py"],
}
