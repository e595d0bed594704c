public import Messages

/// What makes a driver change its mode.
public enum DriverEvent: Sendable, CaseIterable, BitwiseCopyable {
  /// A session opened.
  case opened
  /// The session ended in good order.
  case closed
  /// A torque that may act.
  case commanded
  /// None for longer than `commandTimeout`.
  case late
  /// None for longer than `stopTimeout`.
  case silent
  /// A limit was passed that only a person may answer.
  case faulted
  /// A person stopped the arm.
  case userStopped
  /// The arm stands.
  case stands
  /// A person let go.
  case recovered
}

extension DriverMode {
  /// The mode after an event: every transition there is.
  ///
  /// A person's stop wins over everything, and nothing but a person leaves `fault` and `userStopped`.
  public func next(on event: DriverEvent) -> DriverMode {
    switch (self, event) {
    case (_, .userStopped): .userStopped
    case (.idle, .opened): .ready
    case (.ready, .closed), (.active, .closed), (.holding, .closed): .idle
    case (.ready, .commanded), (.active, .commanded), (.holding, .commanded): .active
    case (.active, .late): .holding
    case (.active, .silent), (.holding, .silent): .dampedStop
    case (.idle, .faulted), (.ready, .faulted), (.active, .faulted), (.holding, .faulted):
      .dampedStop
    case (.dampedStop, .stands): .fault
    case (.fault, .recovered), (.userStopped, .recovered): .ready
    default: self
    }
  }
}
