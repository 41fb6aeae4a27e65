namespace BpfIncr.Stages.Workers;

/// <summary>A worker's first line: its LLVM is loaded and it waits for calls.</summary>
/// <param name="LlvmVersion">Such as <c>22.1.8</c>.</param>
internal sealed record WorkerGreeting(string LlvmVersion);
