namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>How many pictures are drawn, how large and how hard.</summary>
internal sealed record DrawnPicturesOptions
{
    /// <summary>Width and height in pixels, 16 to 512.</summary>
    /// <value>64.</value>
    public int Size { get; init; } = 64;

    /// <summary>Pictures of each class in the folder <c>train</c>, at least 1.</summary>
    /// <value>500, which makes 4,000 of eight classes.</value>
    public int TrainPerClass { get; init; } = 500;

    /// <summary>Pictures of each class in the folder <c>test</c>, at least 1.</summary>
    /// <value>125, which makes 1,000 of eight classes.</value>
    public int TestPerClass { get; init; } = 125;

    /// <summary>The same seed draws the same bytes.</summary>
    /// <value>0.</value>
    public ulong Seed { get; init; }

    /// <summary>From 0 (full contrast, no noise, no distractors) to 1 (faint, noisy, cluttered).</summary>
    /// <value>0.5.</value>
    public double Difficulty { get; init; } = 0.5;

    /// <summary>The classes to draw, at least one, none twice.</summary>
    /// <value>All of <see cref="PictureClass"/>.</value>
    public IReadOnlyList<PictureClass> Classes { get; init; } = Enum.GetValues<PictureClass>();

    /// <summary>Throws one exception that lists everything that is wrong.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        var errors = new List<string>();
        if (Size is < 16 or > 512)
        {
            errors.Add($"Size is {Size}; it must be from 16 to 512 pixels.");
        }

        if (TrainPerClass < 1)
        {
            errors.Add($"TrainPerClass is {TrainPerClass}; it must be at least 1.");
        }

        if (TestPerClass < 1)
        {
            errors.Add($"TestPerClass is {TestPerClass}; it must be at least 1.");
        }

        if (!(Difficulty is >= 0 and <= 1))
        {
            errors.Add($"Difficulty is {Difficulty}; it must be from 0 to 1.");
        }

        if (Classes.Count == 0 || Classes.Distinct().Count() != Classes.Count || !Classes.All(Enum.IsDefined))
        {
            errors.Add($"Classes is [{string.Join(", ", Classes)}]; it must name at least one class and none twice.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException("The drawn pictures cannot be drawn. " + string.Join(" ", errors));
        }
    }
}
