//! Stories of groups: one per file, `testdata/group_*.txt`.

mod common;

use thalweg_replication::group::GroupConfig;

#[test]
fn stories() {
    common::run_stories(
        "group_",
        || common::coordinator::World::new(GroupConfig::default()),
        |world, command| world.run(command),
    );
}
