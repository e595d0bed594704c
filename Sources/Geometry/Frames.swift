/// A coordinate frame.
///
/// Frames exist only in types: `Transform<Base, Tool>` cannot be mistaken for `Transform<Tool,
/// Base>`, and a product compiles only where the inner frames match.
public protocol Frame {}

/// The arm's base: origin at the foot, x forward, z up.
public enum Base: Frame {}
/// The tool centre point: where the centre of the held part's seat (the underside of its housing)
/// nominally is, z along the insertion direction.
public enum Tool: Frame {}
/// The taught target pose of a task, as the task file gives it.
public enum Target: Frame {}
/// The board as it truly lies.
///
/// Only the simulator knows it.
public enum Board: Frame {}
/// The held part as it truly sits in the hand: origin at the centre of its seat, z toward the pins.
///
/// Only the simulator knows it.
public enum Part: Frame {}
/// A body of a model.
public enum Body: Frame {}
/// The body that a body of a model hangs on.
public enum Parent: Frame {}
