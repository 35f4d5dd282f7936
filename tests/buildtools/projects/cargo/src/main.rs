fn main() {
    assert_eq!(library::answer(), 42);
}
