namespace NJepa.Samples;

/// <summary>Handles reports where they are made, in their order; <see cref="Progress{T}"/> hands them to other threads, which may overtake each other.</summary>
internal sealed class SynchronousProgress<T>(Action<T> handle) : IProgress<T>
{
    public void Report(T value) => handle(value);
}
