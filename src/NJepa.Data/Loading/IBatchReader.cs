namespace NJepa.Data;

/// <summary>Yields the finished batches of a range of steps, in order.</summary>
internal interface IBatchReader : IDisposable
{
    /// <summary>Loads or waits for the next batch.</summary>
    /// <returns>False after the last step. The batch is null where all its images are bad and left out.</returns>
    bool TryNext(CancellationToken cancellationToken, out ImageBatch? batch);
}
