/// What an episode must keep to be exported.
extension ExportedEpisode {
  /// The largest magnitude of a time [s], about 30,000 years.
  package static let largestTime = 1e12
  /// The most numbers of one list over all steps: their bytes must fit into one Parquet page.
  package static let largestList = 1 << 27
  /// The most bytes of a task, so that some hundreds of them fit into one page too.
  package static let largestTask = 1 << 16

  /// Throws the first rule that the episode breaks, naming its source.
  package func check(against description: ExportDescription) throws(ExportError) {
    guard steps > 0 else { throw refusal("has no steps; at least one is needed") }
    let observationCount = description.observationNames.count
    try checkRows(observations, "observations", each: observationCount)
    try checkRows(nextObservations, "next observations", each: observationCount)
    try checkRows(actions, "actions", each: description.actionNames.count)
    try checkActions()
    try checkNumbers(rewards, "rewards")
    try checkTimes(robotSeconds, "robot time")
    try checkTimes(wallSeconds, "wall time")
    if let first = states.first {
      guard !first.isEmpty else { throw refusal("its states hold no numbers") }
      try checkRows(states, "states", each: first.count)
    }
    guard task.utf8.count <= Self.largestTask else {
      throw refusal("its task has \(task.utf8.count) bytes; at most \(Self.largestTask) fit")
    }
    for (name, text) in [("task", task), ("source", source), ("model", modelXML)]
    where text.utf8.contains(0) {
      throw refusal("its \(name) holds a NUL character, which no format can keep")
    }
  }

  private func refusal(_ reason: String) -> ExportError {
    .refusedEpisode(source: source, reason: reason)
  }

  private func checkCount(_ count: Int, _ what: String) throws(ExportError) {
    guard count == steps else {
      throw refusal("has \(count) \(what) for \(steps) actions; each step needs one of both")
    }
  }

  private func checkRows<Number: BinaryFloatingPoint>(
    _ rows: [[Number]], _ what: String, each width: Int
  ) throws(ExportError) {
    try checkCount(rows.count, what)
    guard width <= Self.largestList / rows.count else {
      throw refusal(
        "has \(rows.count) steps of \(width) \(what); at most \(Self.largestList) numbers fit")
    }
    for (step, row) in rows.enumerated() {
      guard row.count == width else {
        throw refusal("step \(step) has \(row.count) numbers of \(what); \(width) are expected")
      }
      guard row.allSatisfy(\.isFinite) else {
        throw refusal("step \(step) has a number of \(what) that is not finite")
      }
    }
  }

  private func checkActions() throws(ExportError) {
    for (step, row) in actions.enumerated() {
      for number in row where abs(number) > 1 {
        throw refusal("step \(step) has an action of \(number); the range is -1…1")
      }
    }
  }

  private func checkNumbers(_ numbers: [Float], _ what: String) throws(ExportError) {
    try checkCount(numbers.count, what)
    if let step = numbers.firstIndex(where: { !$0.isFinite }) {
      throw refusal("step \(step) has a number of \(what) that is not finite")
    }
  }

  private func checkTimes(_ seconds: [Double], _ what: String) throws(ExportError) {
    try checkCount(seconds.count, what + "s")
    if let step = seconds.firstIndex(where: { !(abs($0) <= Self.largestTime) }) {
      throw refusal("step \(step) has a \(what) of \(seconds[step]) s; the range is ±1e12 s")
    }
  }
}
