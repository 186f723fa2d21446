"""Campaigns: what a day of lottery brought, what stayed of it, and what nobody can say from one."""

from fanecon.metrics.campaigns.daily import Campaign, daily_counts, find_campaign
from fanecon.metrics.campaigns.event_study import EventStudy, campaign_event_study
from fanecon.metrics.campaigns.impact import CampaignImpact, campaign_impact
from fanecon.metrics.campaigns.panels import simulate_campaign_panel
from fanecon.metrics.campaigns.parts import CampaignParts, campaign_parts
from fanecon.metrics.campaigns.placebo import Placebo
from fanecon.metrics.campaigns.simulation import OrdinaryDays, exponential_afterglow, simulate_campaign_series

__all__ = [
    "Campaign",
    "CampaignImpact",
    "CampaignParts",
    "EventStudy",
    "OrdinaryDays",
    "Placebo",
    "campaign_event_study",
    "campaign_impact",
    "campaign_parts",
    "daily_counts",
    "exponential_afterglow",
    "find_campaign",
    "simulate_campaign_panel",
    "simulate_campaign_series",
]
