using NJepa.Data;
using NJepa.Samples.QuickStart.Drawing;

namespace NJepa.Training.Tests;

/// <summary>Small drawn pictures in a temporary folder.</summary>
public sealed class DrawnSet : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "njepa-tests-" + Guid.NewGuid().ToString("N"));

    public DrawnSet(int trainPerClass, int testPerClass, ulong seed = 0, int size = 32) =>
        DrawnPictures.WriteTo(_folder, new DrawnPicturesOptions { Size = size, TrainPerClass = trainPerClass, TestPerClass = testPerClass, Seed = seed }, CancellationToken.None);

    public string Folder => _folder;

    public IImageSource Train => ImageSource.Open(_folder, "train");

    public IImageSource Test => ImageSource.Open(_folder, "test");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
