import Foundation
import Messages
import RealTime
import Recipes
import Synchronization
import Wire

/// Work that a process has done, counted where it is done and told by its heartbeat.
final class WorkCount: Sendable {
  private let count = Atomic<UInt64>(0)

  /// Counts one more piece of work.
  func add() { count.add(1, ordering: .relaxed) }

  /// Pieces of work so far.
  var value: UInt64 { count.load(ordering: .relaxed) }
}

/// Heartbeats in a row that `launch` has left unanswered; none where it has never answered one, as where
/// nobody watches a session.
///
/// Beats are counted and not seconds, so that a process that was itself stopped takes nobody for silent.
final class UnansweredBeats: Sendable {
  private let count = Atomic<Int64>(0)

  /// How long `launch` has been silent [s].
  var silence: Double { Double(count.load(ordering: .relaxed) * Heartbeat.interval) * 1e-9 }

  /// Notes that one more was sent after the last answer.
  func add() { count.add(1, ordering: .relaxed) }

  /// Notes an answer.
  func clear() { count.store(0, ordering: .relaxed) }
}

/// Tells `launch` twice a second, from a thread of its own, that a process lives and how much it has
/// done: the one says that it is not stopped or starved, the other that it is not stuck.
final class Heartbeat: Sendable {
  /// Time between two heartbeats [ns].
  static let interval: Int64 = 500_000_000

  private let end = Latch()
  private let ended = Latch()
  private let isBeating: Bool

  /// Begins to beat, where `launch` listens.
  convenience init(_ role: Role, in session: SessionContext) {
    // The session itself stays out of the thread: it must end with its last words, not with this.
    let line = Line(
      endpoint: session.endpoints[.status], session: session.context.session,
      security: session.context.security, work: session.work, unanswered: session.unanswered)
    self.init(ProcessName(role), on: session.isSupervised ? line : nil)
  }

  /// Beats for an actor with an arm of its own, to the `launch` of the training that it joins.
  convenience init(joining session: SessionContext) {
    let training = session.recipe.launch.training
    let line = Line(
      endpoint: Endpoints(recipe: training)[.status], session: SessionMark(training),
      security: session.context.security, work: session.work, unanswered: session.unanswered)
    self.init(ProcessName(actor: session.recipe.launch.actor), on: line)
  }

  private init(_ name: ProcessName, on line: Line?) {
    isBeating = line != nil
    guard let line else { return }
    Thread.detachNewThread { [self] in
      try? RealTimeThread.useNormal()
      // Without a line to `launch` the process goes unwatched, which it will notice.
      do { try beat(name, line) } catch {}
      ended.close()
    }
  }

  /// What a heartbeat needs of a session.
  private struct Line: Sendable {
    var endpoint: String
    var session: SessionMark
    var security: Security
    var work: WorkCount
    var unanswered: UnansweredBeats
  }

  /// Stops beating and closes the line: before a process ends, so that its last words are sent.
  func stop() {
    guard isBeating else { return }
    end.close()
    _ = ended.wait(upTo: 2_000_000_000)
  }

  /// Whether an answer is there; one that cannot be read is one too.
  private static func isAnswered(_ client: inout Client) -> Bool {
    do { return try client.answer() != nil } catch WireError.failed, WireError.badMessage {
      return true
    } catch { return false }
  }

  private func beat(_ name: ProcessName, _ line: Line) throws {
    let context = try Context(session: line.session, security: line.security)
    var client = try Client(
      to: Endpoint(line.endpoint, security: line.security), role: "launch", in: context)
    let process = ProcessInfo.processInfo.processIdentifier
    var hasAnswered = false
    repeat {
      while Self.isAnswered(&client) {
        hasAnswered = true
        line.unanswered.clear()
      }
      let beat = Message.heartbeat(
        role: name.description, process: process, progress: line.work.value)
      do { try client.send(beat, within: .zero) } catch WireError.cannotSend {}
      if hasAnswered { line.unanswered.add() }
    } while !end.wait(upTo: Self.interval)
  }
}
