using Microsoft.Extensions.Logging;
using NJepa.Data;

namespace NJepa.Training;

/// <summary>The list of images that could not be used, in a run's output folder: written when there are new ones, read again by a run that goes on.</summary>
internal sealed class BadImageFile(string folder, ImageLoader loader, ILogger logger)
{
    private readonly string _path = Path.Combine(folder, FileName);
    private IReadOnlyList<BadImage> _written = [];
    private bool _hasOld;

    public const string FileName = "bad-images.csv";

    /// <summary>At the start of a run: takes note of what an earlier run left, which goes with the first report, or, in one that goes on, counts what it has found already.</summary>
    public void Begin(bool goesOn)
    {
        if (!goesOn)
        {
            _hasOld = File.Exists(_path);
            return;
        }

        try
        {
            if (File.Exists(_path))
            {
                loader.Remember(BadImageReport.Read(_path));
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The images are found again when they are met again.
            logger.BadImageFileIgnored(_path, e.Message);
        }

        _written = loader.BadImages;
    }

    /// <summary>Writes the list if there is one: where a run fails before its first report, that of an earlier one stays.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void UpdateIfAny()
    {
        if (loader.BadImages.Count > 0)
        {
            Update();
        }
    }

    /// <summary>Writes the list if it is another than before: an image that was repaired meanwhile leaves it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Update()
    {
        IReadOnlyList<BadImage> images = loader.BadImages;
        if (_hasOld && images.Count == 0)
        {
            File.Delete(_path);
            _hasOld = false;
        }
        else if (!images.SequenceEqual(_written))
        {
            _hasOld = false;
            BadImageReport.Write(_path, images);
            _written = images;
        }
    }
}
