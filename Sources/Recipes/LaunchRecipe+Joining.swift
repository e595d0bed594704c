extension LaunchRecipe {
  /// Most actors of a training.
  public static let mostActors = 64

  /// The training that an actor with an arm of its own acts for.
  public struct Joins: Sendable, Equatable {
    /// Number of the actor in the training.
    public var actor: Int
    /// Folder of the training's run.
    public var run: String
    /// Seed of the training.
    public var seed: UInt64
    /// Where the training's processes meet.
    public var endpoints: Endpoints
    /// Where its learner listens, if elsewhere.
    public var learner: String?
  }

  /// Whether `launch` itself holds the one arm of the training; else every actor joins with its own.
  public var hasOwnArm: Bool { actors == 1 }

  /// Whether the session holds an arm itself.
  public var holdsArm: Bool { hasOwnArm || joins != nil }

  /// Number of the actor in the training that it acts for.
  public var actor: Int { joins?.actor ?? 0 }

  /// The training whose learner this session's actor acts for: itself, unless it joins one.
  public var training: LaunchRecipe {
    guard let joins else { return self }
    var training = self
    (training.run, training.seed, training.endpoints) = (joins.run, joins.seed, joins.endpoints)
    training.hosts.learner = joins.learner
    training.joins = nil
    return training
  }

  /// The session of an actor that acts for this training with an arm of its own.
  ///
  /// Its folder lies in that of the training, and its processes meet there: they are of one machine,
  /// whichever the training's are on. `seed` decides what is drawn at its arm.
  public func joined(by actor: Int, seed: UInt64) -> LaunchRecipe {
    var session = self
    session.joins = Joins(
      actor: actor, run: run, seed: self.seed, endpoints: endpoints, learner: hosts.learner)
    session.run = Self.folder(of: actor, in: run)
    session.seed = seed
    session.endpoints = .ipc
    session.hosts = Hosts()
    return session
  }

  /// Folder of an actor with an arm of its own in that of a training's run.
  public static func folder(of actor: Int, in run: String) -> String { "\(run)/actors/\(actor)" }
}

extension LaunchRecipe.Joins: RecipeSection {
  init(reading section: inout Section) {
    actor = section.whole("actor", 0...LaunchRecipe.mostActors - 1)
    run = section.text("run", "the folder of the training's results")
    seed = section.seed("seed")
    endpoints = section.parsed(
      "endpoints", expected: "ipc or tcp://ADDRESS:PORT", otherwise: .ipc,
      parse: LaunchRecipe.Endpoints.init(address:))
    learner = section.optionalWord(
      "learner", expected: "an address, or none", absent: "none"
    ) { isHost($0) ? $0 : nil }
  }

  var entries: [WrittenEntry] {
    [
      .init("actor", actor), .init("run", run), .init("seed", seed),
      .init("endpoints", endpoints.address), .init("learner", learner ?? "none"),
    ]
  }
}
