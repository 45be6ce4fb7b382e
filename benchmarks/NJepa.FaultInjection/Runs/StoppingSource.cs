using NJepa.Data;

namespace NJepa.FaultInjection.Runs;

/// <summary>Cancels a run at an exact step, reports or not: without loader threads the images of a step are read just before it.</summary>
internal sealed class StoppingSource(IImageSource images, int batch, long? until, CancellationTokenSource cancel) : IImageSource
{
    private long _read;

    public Func<long> Start { get; set; } = () => 0;

    public int Count => images.Count;

    public IReadOnlyList<string> ClassNames => images.ClassNames;

    public string GetName(int index) => images.GetName(index);

    public int GetLabel(int index) => images.GetLabel(index);

    public long GetStamp(int index) => images.GetStamp(index);

    public Stream OpenRead(int index)
    {
        if (_read++ % batch == 0 && Start() == until)
        {
            cancel.Cancel();
        }

        return images.OpenRead(index);
    }
}
