using System.Globalization;
using System.Text.Json.Serialization;

namespace NJepa.Evaluation;

/// <summary>How many labels a low-shot evaluation may use: a share of every class, or a number of images of every class.</summary>
public sealed record LabelBudget
{
    // For System.Text.Json; everyone else uses Share or PerClass.
    [JsonConstructor]
    private LabelBudget(double? labelShare, int? imagesPerClass)
    {
        if (labelShare is null == imagesPerClass is null)
        {
            throw new ArgumentException("A budget has either a share of the labels or a number of images per class; use LabelBudget.Share or LabelBudget.PerClass.", nameof(labelShare));
        }

        if (labelShare is { } share && !(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(labelShare), share, FormattableString.Invariant($"The share of the labels is {share}; it must be above 0 and at most 1, such as 0.01 for 1 %."));
        }

        if (imagesPerClass is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(imagesPerClass), imagesPerClass, $"{imagesPerClass} images per class were asked for; at least 1 is needed.");
        }

        LabelShare = labelShare;
        ImagesPerClass = imagesPerClass;
    }

    /// <summary>The share of the labels of each class, in (0, 1]; null when the budget is a number of images.</summary>
    public double? LabelShare { get; }

    /// <summary>The number of images of each class, at least 1; null when the budget is a share.</summary>
    public int? ImagesPerClass { get; }

    /// <summary>A share of the labels of each class, rounded to whole images but at least one: 0.01 and 0.1 are the papers' 1 % and 10 %.</summary>
    /// <param name="share">The share, in (0, 1].</param>
    /// <returns>The budget.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is not in (0, 1].</exception>
    public static LabelBudget Share(double share) => new(share, null);

    /// <summary>The same number of images of each class.</summary>
    /// <param name="images">How many; at least 1.</param>
    /// <returns>The budget.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="images"/> is below 1.</exception>
    public static LabelBudget PerClass(int images) => new(null, images);

    /// <summary>The budget in words: <c>1 % of the labels</c>, <c>5 images per class</c>.</summary>
    public override string ToString() => LabelShare is { } share
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.####} % of the labels")
        : ImagesPerClass == 1 ? "1 image per class" : string.Create(CultureInfo.InvariantCulture, $"{ImagesPerClass} images per class");

    /// <summary>How many images to draw of a class that has <paramref name="available"/>.</summary>
    internal int Of(int available) => LabelShare is { } share
        ? Math.Clamp((int)Math.Round(share * available, MidpointRounding.AwayFromZero), 1, Math.Max(1, available))
        : ImagesPerClass!.Value;
}
