package import Messages
package import Recipes
import Replay

/// What the arms of a training recorded, which is what its learner must hold at the end: each transition
/// once, in the order of its arm.
package struct ChaosRecords {
  /// What one arm recorded.
  package struct Arm {
    /// Number of the actor of several whose it is.
    package var actor: Int?
    /// Its transitions as they stand on the disk, in their order.
    package var transitions: [Transition]
    /// Its steps by the training's own count.
    package var learned: Int

    /// Records of their parts.
    package init(actor: Int?, transitions: [Transition], learned: Int) {
      self.actor = actor
      self.transitions = transitions
      self.learned = learned
    }
  }

  /// The arms.
  package var arms: [Arm]
  private let learner: LaunchRecipe.Learner

  /// Records of arms, whose learner is that of a recipe.
  package init(of arms: [Arm], for learner: LaunchRecipe.Learner) {
    self.arms = arms
    self.learner = learner
  }

  /// Digest of what a learner holds that got exactly these, hexadecimal.
  package var digest: String {
    var buffer = ReplayPool(
      capacity: learner.capacity, observationSize: ObservationLayout.size,
      actionSize: ObservationLayout.actionSize, lookahead: Lookahead(learner))
    for arm in arms {
      for step in arm.transitions { buffer.append(step, from: UInt32(arm.actor ?? 0)) }
    }
    return hexadecimal(buffer.digest())
  }

  /// What tells the records from what was learned from, where the learner's own digest is this.
  package func violations(replayDigest: String) -> [String] {
    var found: [String] = []
    for arm in arms where arm.transitions.count != arm.learned {
      let name = arm.actor.map { "actor \($0): " } ?? ""
      found.append(
        "\(name)\(arm.transitions.count) transitions recorded, \(arm.learned) learned from")
    }
    if digest != replayDigest {
      found.append("the learner held other transitions than were recorded")
    }
    return found
  }
}
