//! The wrong order of steps does not compile.

#[test]
fn the_wrong_order_of_steps_is_a_compile_error() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    cases.pass("tests/compile_pass/*.rs");
}
